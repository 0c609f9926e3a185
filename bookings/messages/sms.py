"""Text messages, through whoever the business has an account with.

Never call this in a transaction: it speaks to another company's server.
"""

import logging
from typing import Protocol

import phonenumbers
import requests
from babel.core import get_global
from django.conf import settings

from bookings.models import SmsAccount
from tenants.current import current_tenant

CONNECT_SECONDS = 5
READ_SECONDS = 15
MAX_LENGTH = 600

logger = logging.getLogger(__name__)


class SmsError(Exception):
    """A text message may not have been sent; the message says why, in words for staff."""


class SmsRefused(SmsError):
    """It will never be sent like this: the number or the account is wrong."""


class SmsUnavailable(SmsError):
    """It was certainly not sent, and a later try may succeed."""


class SmsUncertain(SmsError):
    """Nobody knows whether it was sent. Trying again might send it twice."""


class SmsProvider(Protocol):
    """Whoever carries text messages."""

    def send(self, to: str, body: str) -> None:
        """Send `body` to the E.164 number `to`; raises an SmsError."""


class Console:
    """Writes text messages to the log, to try them out."""

    def send(self, to: str, body: str) -> None:
        logger.info("Text message to %s: %s", to, body)


class Twilio:
    """Twilio's REST API.

    Source: twilio.com/docs/messaging/api/message-resource, "Create a Message", and
    twilio.com/docs/api/errors.
    """

    #: Not now: too many requests, the service is away.
    RETRY_STATUSES = (429, 503)

    def __init__(self, account: SmsAccount) -> None:
        self.account = account

    def send(self, to: str, body: str) -> None:
        """Post one message; there is no idempotency key, so an unclear answer is SmsUncertain."""
        sender = self.account.sender
        name = "MessagingServiceSid" if sender.startswith("MG") else "From"
        try:
            response = requests.post(
                f"{settings.TWILIO_API_BASE}/2010-04-01/Accounts/"
                f"{self.account.account_sid}/Messages.json",
                data={"To": to, name: sender, "Body": body},
                auth=(self.account.account_sid, self.account.auth_token),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise SmsUnavailable("Twilio could not be reached.") from error
        except requests.ConnectionError as error:
            if _was_never_connected(error):
                raise SmsUnavailable("Twilio could not be reached.") from error
            raise SmsUncertain("The connection to Twilio broke.") from error
        except requests.RequestException as error:
            raise SmsUncertain("Twilio did not answer in time.") from error
        self._check(response)

    def _check(self, response: requests.Response) -> None:
        if response.status_code == requests.codes.created:
            return
        said = f"Twilio says: {_error_text(response)}"
        if response.status_code in self.RETRY_STATUSES:
            raise SmsUnavailable(said)
        if response.status_code in (401, 403):
            raise SmsRefused(f"Twilio does not accept the account or its token. {said}")
        if 400 <= response.status_code < 500:
            raise SmsRefused(said)
        raise SmsUncertain(said)


def _was_never_connected(error: requests.ConnectionError) -> bool:
    """Did it fail before anything was sent? urllib3 says so in the reason that requests wraps."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")


def _error_text(response: requests.Response) -> str:
    """Return Twilio's code and sentence, or the HTTP status where the body holds none."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or "code" not in body:
        return f"HTTP {response.status_code}"
    return f"{body.get('message', '')} ({body['code']})"[:200]


def provider() -> SmsProvider | None:
    """Return who carries this business's text messages, or None."""
    account = SmsAccount.objects.current()
    if account.provider == SmsAccount.Provider.TWILIO:
        return Twilio(account)
    return Console() if account.provider == SmsAccount.Provider.CONSOLE else None


def send(phone: str, body: str) -> None:
    """Send `body` to a number as the customer typed it; raises an SmsError."""
    carrier = provider()
    if carrier is None:
        raise SmsRefused("No text message account is set up.")
    number = e164(phone)
    if number is None:
        raise SmsRefused("This is not a telephone number.")
    carrier.send(number, body[:MAX_LENGTH])


def e164(phone: str) -> str | None:
    """Return a number in international form, "+442079460000", or None if it is none.

    Without a country's code it is read as one of the business's own country.
    """
    try:
        number = phonenumbers.parse(phone, country(current_tenant().time_zone))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country(time_zone: str) -> str | None:
    """Return the country of an IANA time zone, "GB"; None for UTC and its like."""
    found = get_global("zone_territories").get(time_zone)
    return None if found in (None, "001") else str(found)

"""Connect a business to its own Stripe account: try the key, set up the webhook, let go again."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.actors import Actor
from events.services import record
from payments import ledger
from payments.errors import (
    ConnectionRefused,
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    ProcessorFailed,
)
from payments.gateway import API_VERSION, Gateway
from payments.handlers import HANDLERS
from payments.models import (
    Customer,
    LedgerEntry,
    PaymentSession,
    Refund,
    StripeAccount,
    Subscription,
)
from payments.models.account import is_live
from payments.stripe_objects import AccountFacts, Endpoint

WEBHOOK_PATH = "/api/payments/webhook/stripe/"
UNREACHABLE = "The payment processor could not be reached. Please try again."


def connect(
    account: StripeAccount, *, base_url: str, actor: Actor, check_webhook: bool = False
) -> list[str]:
    """Save `account`, as changed by the caller, once Stripe accepts its key; return notes.

    A new key is tried live: its account, mode and permissions; and the webhook endpoint for
    `base_url` is made or updated, unless the caller has entered a signing secret. Without a new
    key Stripe is not asked (so that payments can be switched off at any time), except with
    `check_webhook`. Raises ConnectionRefused (`field` names the setting) or ProcessorFailed;
    nothing is saved then.
    """
    before = StripeAccount.objects.current()
    notes: list[str] = []
    opening: dict[str, int] = {}
    is_new = bool(account.secret_key) and account.secret_key != before.secret_key
    if is_new:
        opening = _accept(account, probe(account.secret_key), before)
    is_by_hand = account.webhook_secret != before.webhook_secret
    if (is_new or check_webhook) and not is_by_hand:
        notes += ensure_webhook(account, base_url=base_url)
    if account.payments_enabled:
        notes += _why_not_enabled(account)
    _save(account, before, actor, opening)
    return notes


@dataclass(frozen=True)
class Probe:
    """What a key opens. `held` is the balance: {currency: minor units}.

    The account's id is "" where a restricted key may not read it; its webhook endpoints tell then
    whether it is one that we know.
    """

    facts: AccountFacts
    held: dict[str, int]
    endpoints: frozenset[str]


def probe(secret_key: str) -> Probe:
    """Ask Stripe what a key opens; raises ConnectionRefused for one that won't do."""
    try:
        gateway = Gateway(StripeAccount(secret_key=secret_key, livemode=is_live(secret_key)))
        missing = gateway.missing_permissions()
        if missing:
            raise ConnectionRefused(
                f"This key lacks permissions. Add in Stripe's dashboard: {', '.join(missing)}.",
                field="secret_key",
            )
        endpoints = frozenset(one.id for one in gateway.list_webhook_endpoints())
        return Probe(_facts(gateway), gateway.retrieve_balance(), endpoints)
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        raise ConnectionRefused("Stripe does not accept this key.", field="secret_key") from None


def _facts(gateway: Gateway) -> AccountFacts:
    try:
        return gateway.retrieve_account()
    except GatewayRejected as error:
        if error.code != "permission_missing":
            raise
        return AccountFacts(id="", name="", charges_enabled=True, payouts_enabled=True)


def _accept(account: StripeAccount, found: Probe, before: StripeAccount) -> dict[str, int]:
    """Take the key on, and return the balance that its books open with, if they are new.

    Raises ConnectionRefused where it would mix two accounts' money.
    """
    live = is_live(account.secret_key)
    known_id, since = before.known_account(live)
    is_ours = before.stripe_webhook_endpoint_id in found.endpoints and live == before.livemode
    account_id = found.facts.id or (known_id if is_ours else "")
    is_known = account_id == known_id and bool(account_id or is_ours)
    if before.secret_key and not (is_known and live == before.livemode):
        _refuse_while_in_flight("The key is for another Stripe account or mode")
    if not is_known and (known_id or not account_id):
        _refuse_other_books(live)
    if not (is_known and before.secret_key and live == before.livemode):
        account.stripe_webhook_endpoint_id = ""
        account.webhook_secret = account.previous_webhook_secret = before.webhook_secret = ""
    account.remember_account(account_id, (is_known and since) or timezone.now())
    account.charges_enabled = found.facts.charges_enabled
    return {} if is_known else found.held


def _refuse_other_books(live: bool) -> None:
    if LedgerEntry.objects.filter(livemode=live).exclude(kind=LedgerEntry.Kind.OPENING).exists():
        raise ConnectionRefused(
            "This key belongs to another Stripe account than the payments in this business's "
            "books, or can't say to which. Use a key of the same account.",
            field="secret_key",
        )


def in_flight() -> list[str]:
    """Return, in words, the money that is under way and needs the present key to arrive."""
    unpaid = PaymentSession.objects.filter(status__in=("created", "pending", "failed"))
    can_be_paid = Q(checkout_expires_at__gt=timezone.now()) | Q(is_processing=True)
    sessions = unpaid.filter(can_be_paid).count()
    refunds = Refund.objects.filter(status=Refund.Status.REQUESTED).count()
    subscriptions = Subscription.objects.all().running().count()
    found = ((sessions, "payment"), (refunds, "refund"), (subscriptions, "running subscription"))
    return [f"{count} {word}{'s' if count > 1 else ''}" for count, word in found if count]


def _refuse_while_in_flight(what: str) -> None:
    waiting = in_flight()
    if waiting:
        raise ConnectionRefused(
            f"{what}, and money is still under way: {' and '.join(waiting)}. Switch payments off "
            "and wait until all has arrived, a day at most except for bank debits; subscriptions "
            "have to be ended first.",
            field="secret_key",
        )


def _why_not_enabled(account: StripeAccount) -> list[str]:
    """Switch payments off again where they could not work; return the reason as a note."""
    if not account.charges_enabled:
        account.payments_enabled = False
        return [
            "Payments stay off: Stripe does not let this account take payments yet. Finish its "
            "set-up in Stripe's dashboard, then save here again."
        ]
    if not account.webhook_secret:
        account.payments_enabled = False
        return ["Payments stay off until there is a webhook secret."]
    return []


@transaction.atomic
def _save(
    account: StripeAccount,
    before: StripeAccount,
    actor: Actor,
    opening: Mapping[str, int] = MappingProxyType({}),
) -> None:
    account.save()
    if (account.stripe_account_id, account.livemode) != (before.stripe_account_id, before.livemode):
        # Ids of customers are an account's own, in one mode.
        Customer.objects.update(stripe_customer_id=None)
    if account.connected_at and opening:
        ledger.open_books(opening, account.connected_at)
    names = [field.name for field in account._meta.fields if field.name != "updated_at"]
    changed = [name for name in names if getattr(account, name) != getattr(before, name)]
    record("stripe_account.changed", account, {"changed": sorted(changed)}, actor)


# --- The webhook ---


def ensure_webhook(account: StripeAccount, *, base_url: str) -> list[str]:
    """Have Stripe send this business's events to `base_url`, and keep the signing secret.

    An endpoint of ours that is there already is brought up to date; its secret stays good.
    `account` is changed but not saved. Returns notes where Stripe would not. Raises
    ProcessorFailed when Stripe can't be reached.
    """
    url = f"{base_url}{WEBHOOK_PATH}"
    try:
        gateway = Gateway(account)
        ours = our_endpoint(account, gateway.list_webhook_endpoints(), url)
        if ours is None or not account.webhook_secret or ours.api_version != API_VERSION:
            _make_endpoint(account, gateway, url)
        elif ours.url != url or not ours.is_enabled or ours.events != set(HANDLERS):
            gateway.update_webhook_endpoint(ours.id, url, HANDLERS)
            account.stripe_webhook_endpoint_id = ours.id
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected as error:
        return [
            f"Stripe would not set up the webhook for {url} ({error.code or 'refused'}). It has to "
            "be a public https address. For development run “stripe listen” and enter the signing "
            "secret that it prints."
        ]
    return []


def our_endpoint(account: StripeAccount, endpoints: list[Endpoint], url: str) -> Endpoint | None:
    """Return this business's endpoint: the one we made, else one with our address."""
    by_id = [one for one in endpoints if one.id == account.stripe_webhook_endpoint_id]
    return next(iter([*by_id, *(one for one in endpoints if one.url == url)]), None)


def _make_endpoint(account: StripeAccount, gateway: Gateway, url: str) -> None:
    """Make a new endpoint, and delete those that it replaces."""
    replaced = [one for one in gateway.list_webhook_endpoints() if one.url == url]
    made, secret = gateway.create_webhook_endpoint(url, HANDLERS)
    # Deliveries signed with the old secret may be on their way.
    account.previous_webhook_secret = account.webhook_secret
    account.webhook_secret = secret
    known = account.stripe_webhook_endpoint_id
    account.stripe_webhook_endpoint_id = made.id
    for endpoint_id in {one.id for one in replaced} | ({known} if known else set()):
        try:
            gateway.delete_webhook_endpoint(endpoint_id)
        except GatewayError:
            continue  # Gone already, or it goes on sending what we know already.


def roll_webhook_secret(*, base_url: str, actor: Actor) -> None:
    """Change the signing secret without losing an event: both are good until the next change.

    Raises ConnectionRefused when Stripe won't, ProcessorFailed when it can't be reached.
    """
    account, before = StripeAccount.objects.current(), StripeAccount.objects.current()
    try:
        _make_endpoint(account, Gateway(account), f"{base_url}{WEBHOOK_PATH}")
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected as error:
        raise ConnectionRefused(str(error)) from None
    _save(account, before, actor)


def webhook_problem(account: StripeAccount, *, base_url: str) -> str:
    """Ask Stripe how our endpoint is, and return in a sentence what is wrong with it, or "".

    Raises GatewayError when Stripe can't be asked.
    """
    url = f"{base_url}{WEBHOOK_PATH}"
    ours = our_endpoint(account, Gateway(account).list_webhook_endpoints(), url)
    if ours is None:
        # A tunnel such as “stripe listen” is not in the list; it is for development.
        return "" if _is_local(base_url) else f"Stripe has no webhook endpoint for {url}."
    if not ours.is_enabled:
        return "Stripe has disabled the webhook endpoint, because too many deliveries failed."
    if ours.url != url:
        return f"Stripe sends events to {ours.url} rather than {url}."
    if ours.api_version != API_VERSION:
        return f"The webhook endpoint has API version {ours.api_version}, not {API_VERSION}."
    if missing := set(HANDLERS) - ours.events - ({*HANDLERS} if "*" in ours.events else set()):
        return f"The webhook endpoint does not send {', '.join(sorted(missing))}."
    return ""


def _is_local(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == "localhost" or host.endswith(".localhost")


def disconnect(*, actor: Actor) -> None:
    """Forget the keys and end the webhook; payments are off. The books stay.

    Raises ConnectionRefused while money is under way: it could not arrive any more.
    """
    account, before = StripeAccount.objects.current(), StripeAccount.objects.current()
    _refuse_while_in_flight("Without its key a business hears nothing of its money")
    if account.secret_key and account.stripe_webhook_endpoint_id:
        try:
            Gateway(account).delete_webhook_endpoint(account.stripe_webhook_endpoint_id)
        except GatewayError:
            pass  # It stays at Stripe; what it sends is refused here from now on.
    account.payments_enabled = False
    account.secret_key = account.publishable_key = ""
    account.webhook_secret = account.previous_webhook_secret = ""
    account.stripe_webhook_endpoint_id = ""
    _save(account, before, actor)

"""A business's endpoint at Stripe is made once, and moved when its address changes."""

import pytest

from payments.models import StripeAccount
from payments.services import ProcessorFailed, ensure_webhook
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


def endpoints(account: StripeAccount) -> list[str]:
    from payments.gateway import Gateway

    return list(Gateway(account).list_webhook_endpoints().values())


def test_it_is_made_once_and_then_moved(stripe: Control, account: StripeAccount) -> None:
    account.webhook_secret = ""
    ensure_webhook(account, base_url="http://alpha.localhost:8000")
    secret = account.webhook_secret
    assert secret.startswith("whsec_")
    ensure_webhook(account, base_url="http://alpha.localhost:8000")
    ensure_webhook(account, base_url="http://alpha.localhost:9000")
    assert endpoints(account) == ["http://alpha.localhost:9000/api/payments/webhook/stripe/"]
    assert account.webhook_secret == secret


def test_without_the_secret_of_the_one_there_is_a_new_one_is_made(
    stripe: Control, account: StripeAccount
) -> None:
    ensure_webhook(account, base_url="http://alpha.localhost:8000")
    account.webhook_secret = ""
    ensure_webhook(account, base_url="http://alpha.localhost:8000")
    assert account.webhook_secret.startswith("whsec_")
    assert len(endpoints(account)) == 2


def test_a_refused_key_is_said_in_our_words(stripe: Control, account: StripeAccount) -> None:
    account.secret_key = "sk_test_revoked"
    with pytest.raises(ProcessorFailed, match="refused this business's key"):
        ensure_webhook(account, base_url="http://alpha.localhost:8000")

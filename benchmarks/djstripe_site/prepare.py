"""Migrate, and make the endpoint; prints its UUID. Run in dj-stripe's own environment."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.djstripe_site.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from djstripe.models import Account, APIKey, WebhookEndpoint  # noqa: E402

from benchmarks.djstripe_site import stub  # noqa: E402

KEY = "sk_test_benchmark0benchmark0benchmark0"

stub.install()
call_command("migrate", verbosity=0)
key, _ = APIKey.objects.get_or_create_by_api_key(KEY)
account = Account.sync_from_stripe_data(stub.account(), api_key=KEY)
key.djstripe_owner_account = account
key.save()
endpoint = WebhookEndpoint.objects.create(
    id="we_bench", api_version="2026-10-28.endive", enabled_events=["*"], livemode=False,
    secret="whsec_bench", status="enabled", url="http://localhost/", djstripe_owner_account=account,
    djstripe_validation_method="verify_signature", metadata={},
)  # fmt: skip
print(endpoint.djstripe_uuid)

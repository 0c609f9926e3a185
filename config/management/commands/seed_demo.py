"""``manage.py seed_demo``: the three demo businesses, their people, keys and catalogue."""

import json
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from access.models import APIKey, User
from bookings.models import DiscountCode, MembershipPlan, PassType, Service, VoucherSettings
from config.demo_businesses import BUSINESSES, DemoBusiness
from config.demo_catalogue import seed_catalogue
from payments.connecting import connect
from payments.models import StripeAccount
from payments.services import PaymentError
from tenants.models import Tenant
from tenants.provisioning import provision

OPERATOR_EMAIL = "operator@tillhouse.example"


class Command(BaseCommand):
    help = "Create the demo businesses and write their sign-ins and keys to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--credentials", type=Path, default=Path(".demo/credentials.json"))
        parser.add_argument("--sandbox-url", default="", help="where people reach the sandbox")

    def handle(self, *args: Any, credentials: Path, sandbox_url: str, **options: Any) -> None:
        if not settings.ALLOW_DEMO:
            raise CommandError("ALLOW_DEMO is not set: demo businesses stay off this deployment.")
        known = read(credentials)
        # A password that can't be written down is of no use: notice that first.
        write(credentials, known)
        known["operator"] = self.operator(known.get("operator", {}))
        businesses = known.setdefault("businesses", {})
        for demo in BUSINESSES:
            businesses[demo.label] = self.business(demo, businesses.get(demo.label, {}))
        if settings.STRIPE_API_BASE:
            url = sandbox_url or settings.STRIPE_API_BASE
            known["sandbox"] = {"url": url, "control_url": f"{url}/_control/"}
        write(credentials, known)

    def operator(self, known: dict[str, str]) -> dict[str, str]:
        url = f"{settings.PLATFORM_URL.geturl().rstrip('/')}/admin/"
        user = User.objects.filter(email=OPERATOR_EMAIL).first()
        password = usable_password(user, known.get("password"))
        if user is None:
            User.objects.create_user(
                OPERATOR_EMAIL, password, role=User.Role.OPERATOR, name="Operator"
            )
        return {"url": url, "email": OPERATOR_EMAIL, "password": password}

    def business(self, demo: DemoBusiness, known: dict[str, Any]) -> dict[str, Any]:
        tenant = demo_tenant(demo)
        with tenant_context(tenant):
            with transaction.atomic():
                seed_catalogue(demo)
                seed_offers(demo)
                staff = owner(demo, known.get("staff", {}))
                api_key = working_api_key(known.get("api_key", ""))
            try:
                connect_sandbox(tenant)
            except PaymentError as error:
                raise CommandError(f"The sandbox at {settings.STRIPE_API_BASE}: {error}") from error
        return {
            "url": f"{tenant.url}/",
            "host": tenant.url.split("://", 1)[1],
            "api_key": api_key,
            "staff": staff,
        }


def demo_tenant(demo: DemoBusiness) -> Tenant:
    """Return the demo business, made if it is missing.

    Raises CommandError if a business of that name was not created as a demo: its data is real.
    """
    tenant: Tenant | None = Tenant.objects.with_hosts().filter(schema_name=demo.label).first()
    if tenant is None:
        provision(
            label=demo.label,
            name=demo.name,
            kind=demo.kind,
            time_zone=demo.time_zone,
            currency=demo.currency,
            locale=demo.locale,
            brand_colour=demo.brand_colour,
            contact_email=f"hello@{demo.label}.example",
            is_demo=True,
        )
        Tenant.objects.filter(schema_name=demo.label).update(
            contact_phone=demo.contact_phone, address=demo.address
        )
        tenant = Tenant.objects.with_hosts().get(schema_name=demo.label)
    if not tenant.is_demo:
        raise CommandError(
            f"“{demo.label}” is a real business, not a demo: nothing was changed in it. "
            "Run the demo on a database of its own."
        )
    return tenant


def seed_offers(demo: DemoBusiness) -> None:
    """Sell vouchers everywhere, a pass and a membership at the gym, once."""
    if VoucherSettings.objects.exists():
        return
    VoucherSettings.objects.create(is_sold_online=True)
    DiscountCode.objects.create(code="WELCOME10", percent=10, max_uses_per_customer=1)
    if demo.kind == "gym":
        PassType.objects.create(
            name="Ten sessions", description="For whenever you have an hour.", price=64000,
            credits=10, valid_days=90,
        )  # fmt: skip
        plan = MembershipPlan.objects.create(
            name="Eight classes a month", description="Yoga and HIIT, whenever they suit you.",
            price=8900, tax_rate=19, credits=8,
        )  # fmt: skip
        plan.services.set(Service.objects.filter(kind="class"))


def owner(demo: DemoBusiness, known: dict[str, str]) -> dict[str, str]:
    email = f"owner@{demo.label}.example"
    user = User.objects.filter(email=email).first()
    password = usable_password(user, known.get("password"))
    if user is None:
        User.objects.create_user(email, password, role=User.Role.OWNER, name="Demo Owner")
    return {"email": email, "password": password}


def usable_password(user: User | None, known: str | None) -> str:
    """Return the password in the credentials file while it is right, else set a new one."""
    if user is not None and known and user.check_password(known):
        return known
    password = secrets.token_urlsafe(9)
    if user is not None:
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


def working_api_key(known: str) -> str:
    """Return the known key while it works, else a new one: only hashes are kept."""
    if known and APIKey.objects.usable(known):
        return known
    return str(APIKey.objects.create_key(name="Demo", scope=APIKey.Scope.WRITE)[1])


def connect_sandbox(tenant: Tenant) -> None:
    """Give the business keys of its own at the sandbox, and have its events sent here.

    Started again on another port, the events are sent there.
    """
    account = StripeAccount.objects.current()
    if not settings.STRIPE_API_BASE:
        return
    is_new = not account.secret_key
    if is_new:
        suffix = secrets.token_hex(12)
        account.secret_key = f"sk_test_{tenant.schema_name}_{suffix}"
        account.publishable_key = f"pk_test_{tenant.schema_name}_{suffix}"
        account.payments_enabled = True
    elif not account.secret_key.startswith(f"sk_test_{tenant.schema_name}_"):
        # Somebody has set keys of their own: those stay as they are.
        return
    account.full_clean()
    connect(account, base_url=tenant.url, actor=SYSTEM, check_webhook=True)


def read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write(path: Path, credentials: dict[str, Any]) -> None:
    """Write the file so that only its owner can read it, whole or not at all.

    Raises CommandError where it can't be written.
    """
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(credentials, indent=2) + "\n")
        temporary.replace(path)
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from None

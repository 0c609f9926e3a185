"""``manage.py reconcile [--tenant NAME] [--since 2027-03-01]``: compare the books with Stripe's."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from payments.models import ReconciliationReport
from payments.reconciliation import reconcile
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Ask Stripe what happened, settle what is open, compare the books; print a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="", help="one business only, by its schema name")
        parser.add_argument(
            "--since", default="", help="look back to this day or time (UTC), at most 30 days"
        )

    def handle(self, *args: Any, tenant: str, since: str, **options: Any) -> None:
        start = moment(since) if since else None
        failed = 0
        for business in businesses(tenant):
            with tenant_context(business):
                report = reconcile(since=start)
            self.tell(business, report)
            failed += report is not None and not report.is_clean
        if failed:
            raise CommandError(f"{failed} business(es) have open problems, see above.")

    def tell(self, business: Tenant, report: ReconciliationReport | None) -> None:
        if report is None:
            self.stdout.write(f"{business.schema_name}: no Stripe key")
            return
        done = ", ".join(report.counted) or "nothing to do"
        self.stdout.write(f"{business.schema_name}: {done}")
        for problem in report.problems.values():
            self.stdout.write(self.style.WARNING(f"  ! {problem}"))


def businesses(name: str) -> list[Tenant]:
    """Return the business called `name`, or all; raises CommandError for an unknown one."""
    with schema_context(get_public_schema_name()):
        found = Tenant.objects.with_hosts().exclude(status=Tenant.Status.PROVISIONING)
        chosen = list(found.filter(schema_name=name) if name else found.order_by("schema_name"))
    if name and not chosen:
        raise CommandError(f"There is no business “{name}”. See: manage.py tenant list")
    return chosen


def moment(text: str) -> datetime:
    """Return a typed day or time as an instant; raises CommandError for anything else."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since: “{text}” is not a day such as 2027-03-01.") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)

"""``manage.py tenant ACTION``: the operator's commands; what moves whole businesses is apart."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.errors import TillhouseError
from tenants.management.lifecycle_actions import LifecycleActions, add_lifecycle_actions
from tenants.management.sharding_actions import ShardingActions, add_sharding_actions
from tenants.management.tenant_lookup import find, sentences
from tenants.models import LOCALES, Tenant
from tenants.provisioning import discard, provision, set_status

# Actions whose names are Python's own, or mean something else to a command.
ACTIONS = {"import": "import_", "check": "check_places"}


class Command(LifecycleActions, ShardingActions, BaseCommand):
    help = "Add, list, show, suspend, move, delete or restore a business."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        self._add_create(actions.add_parser("create", help="add a business"))
        actions.add_parser("list", help="list the businesses")
        for action in ("show", "suspend", "park", "resume"):
            actions.add_parser(action, help=f"{action} one business").add_argument("label")
        actions.add_parser(
            "discard", help="remove a business whose creation was interrupted"
        ).add_argument("label")
        add_lifecycle_actions(actions)
        add_sharding_actions(actions)

    def _add_create(self, parser: ArgumentParser) -> None:
        parser.add_argument("label", help="first part of its address, for example anna-hair")
        parser.add_argument("--name", help="shown to customers (default: made from the label)")
        parser.add_argument("--kind", default="other", help="salon, gym, restaurant or other")
        parser.add_argument("--time-zone", default="UTC", help="for example Europe/London")
        parser.add_argument("--currency", default="GBP", help="for example GBP")
        parser.add_argument(
            "--locale", default="en-gb", help=", ".join(code for code, _ in LOCALES)
        )
        parser.add_argument("--contact-email", default="")
        parser.add_argument("--brand-colour", default="#0f766e")
        parser.add_argument("--owner-email", default="", help="may sign in as the owner")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, ACTIONS.get(options["action"], options["action"]))(**options)
        except ValidationError as error:
            raise CommandError(sentences(error, options)) from error
        except TillhouseError as error:
            raise CommandError(error.message) from error

    def create(self, **options: Any) -> None:
        label = options["label"]
        provisioned = provision(
            label=label,
            name=label.replace("-", " ").title() if options["name"] is None else options["name"],
            kind=options["kind"],
            time_zone=options["time_zone"],
            currency=options["currency"].upper(),
            locale=options["locale"],
            contact_email=options["contact_email"],
            brand_colour=options["brand_colour"],
            owner_email=options["owner_email"],
        )
        self.stdout.write(f"{provisioned.tenant.name} is open at {provisioned.tenant.url}/")
        for sentence in provisioned.next_steps:
            self.stdout.write(sentence)

    def list(self, **options: Any) -> None:
        row = "{:<24} {:<11} {:<11} {:<20} {}"
        self.stdout.write(row.format("NAME", "KIND", "STATUS", "TIME ZONE", "ADDRESS"))
        for tenant in Tenant.objects.with_hosts():
            self.stdout.write(
                row.format(
                    tenant.schema_name, tenant.kind, tenant.status, tenant.time_zone, tenant.url
                )
            )

    def show(self, *, label: str, **options: Any) -> None:
        tenant = find(label)
        for title, value in (
            ("name", tenant.name),
            ("schema", tenant.schema_name),
            ("kind", tenant.kind),
            ("status", tenant.status),
            ("time zone", tenant.time_zone),
            ("currency", tenant.currency),
            ("locale", tenant.locale),
            ("contact", tenant.contact_email or "-"),
            ("hosts", ", ".join(tenant.hosts)),
            ("deleted after", f"{tenant.delete_after:%Y-%m-%d %H:%M} UTC")
            if tenant.delete_after
            else ("known as", ", ".join(tenant.former_names) or "-"),
            ("created", tenant.created_at.isoformat(timespec="seconds")),
        ):
            self.stdout.write(f"{title:<13} {value}")

    def suspend(self, *, label: str, **options: Any) -> None:
        self._change(label, Tenant.Status.SUSPENDED)

    def park(self, *, label: str, **options: Any) -> None:
        self._change(label, Tenant.Status.PARKED)

    def resume(self, *, label: str, **options: Any) -> None:
        self._change(label, Tenant.Status.ACTIVE)

    def discard(self, *, label: str, **options: Any) -> None:
        tenant = find(label)
        if tenant.status != Tenant.Status.PROVISIONING:
            raise CommandError(f"{tenant.name} has been opened: only an unfinished one can go.")
        discard(tenant)
        self.stdout.write(f"{tenant.name} is gone; its address is free again.")

    def _change(self, label: str, status: str) -> None:
        tenant = find(label)
        if tenant.status == Tenant.Status.PROVISIONING:
            raise CommandError(
                f"{tenant.name} is still being set up. If its creation was interrupted, remove it "
                f"with: manage.py tenant discard {label}"
            )
        if tenant.status in (Tenant.Status.DELETING, Tenant.Status.REPLACED):
            raise CommandError(
                f"{tenant.name} is to be deleted. To have it back: manage.py tenant keep {label}"
            )
        if tenant.status == status:
            raise CommandError(f"{tenant.name} is {status} already.")
        set_status(tenant, status)
        self.stdout.write(f"{tenant.name} is now {status}.")

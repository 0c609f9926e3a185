"""``manage.py create_operator EMAIL``: someone who may run the platform."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from access.invitations import password_link
from access.models import User


class Command(BaseCommand):
    help = "Create an operator and print the link with which they choose a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        operator = User(email=email.strip().lower(), name=name, role=User.Role.OPERATOR)
        operator.set_unusable_password()
        try:
            operator.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        operator.save()
        self.stdout.write(f"{operator.email} chooses a password at {password_link(operator)}")

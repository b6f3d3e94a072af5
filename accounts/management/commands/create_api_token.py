"""Makes an API token for a member of staff."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiToken, User

LONGEST_NAME = 100


class Command(BaseCommand):
    """Prints the token as its last word; it cannot be shown again."""

    help = "Make an API token for a member of staff and print it as the last word."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("email", help="whom the token acts for")
        parser.add_argument("--name", default="command line", help="what will use it")

    def handle(self, *, email: str, name: str, **options: Any) -> None:
        """Issue the token."""
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError(f"There is no account with the e-mail address {email}.")
        if not user.is_staff:
            raise CommandError(f"{user.email} is not a member of staff.")
        if not user.is_active:
            raise CommandError(f"The account {user.email} is not active.")
        if not 0 < len(name) <= LONGEST_NAME:
            raise CommandError(f"--name needs 1 to {LONGEST_NAME} characters.")
        _, secret = ApiToken.objects.issue(user=user, name=name)
        self.stdout.write(f"Token for {user.email} (shown this once): {secret}")

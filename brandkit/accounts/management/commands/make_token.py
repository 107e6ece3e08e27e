"""A token for a program."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brandkit.accounts.models import User
from brandkit.accounts.tokens import make_token


class Command(BaseCommand):
    help = "Make an API token for a person and show it once. Whoever has it may do what that person may do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=365, help="how long it lives; 365 unless told")

    def handle(self, *args: Any, username: str, days: int, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days must be 1 or more.")
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is nobody with the name {username!r} who may sign in.")
        row, words = make_token(user=user, ttl=timedelta(days=days))
        self.stderr.write(f"Token of {username}, until {row.expiry:%Y-%m-%d}. It is shown only now:")
        self.stdout.write(words)

"""`manage.py resume_provider`: a provider that was paused may be called again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from brandkit.common.errors import BrandkitError
from generation.limits import find_account
from generation.provider_accounts import AccountState, all_states, resume


class Command(BaseCommand):
    help = "Opens a provider's account again, after what was wrong has been put right. What waits goes on."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("alias", help="a provider, or the account that several share")

    def handle(self, *args: Any, alias: str, **options: Any) -> None:
        try:
            account = all_states()[find_account(alias).account]
            if account.is_open:
                self.stdout.write(f"{account.name} is not paused; nothing to do.")
                return
            count = resume(alias, by=None)
        except BrandkitError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{account.name} was {since(account)}: {account.words}")
        self.stdout.write(f"It is open again, and {pictures(count)} on.")


def since(account: AccountState) -> str:
    if account.paused_since:
        return f"paused since {account.paused_since:%Y-%m-%d %H:%M} UTC"
    return f"closed until {account.closed_until:%Y-%m-%d %H:%M} UTC"


def pictures(count: int) -> str:
    return "1 picture goes" if count == 1 else f"{count or 'no'} pictures go"

"""Tokens for programs: made once, shown once, kept as a hash."""

from datetime import timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.http import HttpRequest
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework.exceptions import AuthenticationFailed

from brandkit.accounts.models import User
from brandkit.common.errors import TooManyTries
from brandkit.common.models import record


class Token(TokenAuthentication):  # type: ignore[misc] # knox has no types
    """`Authorization: Token ...`, also where the token is not even text."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        try:
            token.decode("ascii")
        except UnicodeDecodeError:
            raise AuthenticationFailed("Invalid token.") from None
        user, known = super().authenticate_credentials(token)
        return user, known


def check_password(*, request: HttpRequest, username: str, password: str) -> User:
    """Who has this name and this password.

    Raises AuthenticationFailed, not telling which was wrong, and TooManyTries after ten that were.
    """
    user = authenticate(request, username=username, password=password)
    if getattr(request, "axes_locked_out", False):
        raise TooManyTries
    if not isinstance(user, User):
        raise AuthenticationFailed("Wrong name or password.")
    return user


@transaction.atomic
def make_token(*, user: User, ttl: timedelta | None = None, by: User | None = None) -> tuple[AuthToken, str]:
    """A new token of `user`: its row, and the words to send, which nobody can read again.

    ttl: how long it lives; TOKEN_TTL of the settings where it is None.
    """
    row, words = AuthToken.objects.create(user=user, expiry=ttl or knox_settings.TOKEN_TTL)
    update_last_login(User, user)
    record("user.token_made", user, actor=by or user, until=row.expiry.isoformat())
    return row, words


def end_token(*, token: AuthToken) -> None:
    """From now on this token is worth nothing."""
    token.delete()


def end_all_tokens(*, user: User) -> None:
    """From now on no token of `user` is worth anything."""
    AuthToken.objects.filter(user=user).delete()

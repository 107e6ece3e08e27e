"""Errors that people meet. Each knows its HTTP status and a short code; its message is for who asked.

An error's docstring is its message where none is given.
"""

from typing import ClassVar


class BrandkitError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def message(self) -> str:
        return str(self.args[0])


class Invalid(BrandkitError):
    """That can't be done with what was given."""

    status = 422
    code = "invalid"


class NotAllowed(BrandkitError):
    """Your role in this brand does not allow that."""

    status = 403
    code = "not_allowed"


class NotFound(BrandkitError):
    """There is no such thing, or it is not yours to see."""

    status = 404
    code = "not_found"


class Conflict(BrandkitError):
    """Somebody else was faster. Look at it again and decide anew."""

    status = 409
    code = "conflict"


class Gone(BrandkitError):
    """This was published once and has been taken back."""

    status = 410
    code = "gone"


class TooManyTries(BrandkitError):
    """Too many wrong passwords. Wait a quarter of an hour, then try again."""

    status = 429
    code = "too_many_tries"


class StorageFailed(BrandkitError):
    """The picture could not be stored. The operator should look at the disk or the bucket."""

    status = 507
    code = "storage_failed"

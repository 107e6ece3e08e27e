"""What goes wrong between us and a host."""

from typing import Literal

Kind = Literal["no_connection", "time_out", "cut_off", "too_large", "bad_answer", "forbidden"]


class Fault(Exception):
    """No answer, or no whole one.

    kind: no_connection (never reached), time_out, cut_off (ended in the middle), too_large (more bytes than
        allowed), bad_answer (breaks the rules of HTTP), forbidden (an address that must not be fetched).
    may_be_paid: the whole request may have arrived, so the vendor may have done the work.
    status: where one came before it broke; then `may_be_paid` is about what that status means.
    The message is for logs: no keys, no pictures.
    """

    def __init__(
        self,
        kind: Kind,
        message: str = "",
        *,
        may_be_paid: bool = False,
        bytes_received: int = 0,
        status: int | None = None,
    ) -> None:
        super().__init__(message or kind)
        self.kind = kind
        self.may_be_paid = may_be_paid
        self.bytes_received = bytes_received
        self.status = status

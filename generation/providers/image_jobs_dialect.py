"""What differs between the vendors of the flat job API."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from generation.imaging.ratios import SIZES

OURS = frozenset(
    {"prompt", "subject_image", "reference_image", "size", "aspect_ratio", "n", "seed", "model"},
)
LISTS = ("done", "failed", "refused", "sizes", "allow_hosts")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Each field is an option of `ImageJobs`; each default is a guess where no fact is known.

    poll_path: added to `url` to ask for a job; `{id}` stands for its id.
    key_header: "Authorization" sends the key as Bearer, any other header sends it as it is.
    id_field, base64_field: names in the answer.
    done, failed: statuses that end a job, in lower case; with any other it is still at work.
    refused: codes of errors, and statuses, which say that the model would not.
    frame: "size" sends the pixels, such as "1024x1024"; "aspect_ratio" sends the ratio.
    sizes: the size classes that it makes. By ratio alone no size can be asked for: then 1K, if not told.
    fields: further fields, sent as they are, such as a strength.
    budget, longest_pause: seconds to wait for a job in one call, and between two polls.
    allow_hosts: hosts that pictures may be fetched from although they are private or speak plain http.
    Raises ValueError naming the option that is wrong.
    """

    poll_path: str = "/{id}"
    key_header: str = "Authorization"
    id_field: str = "request_id"
    base64_field: str = "base64"
    done: Collection[str] = ("succeeded",)
    failed: Collection[str] = ("failed", "error", "cancelled", "canceled")
    refused: Collection[str] = ("moderation_blocked",)
    frame: Literal["size", "aspect_ratio"] = "size"
    sizes: Collection[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    budget: float = 900
    longest_pause: float = 15
    allow_hosts: Collection[str] = ()

    def __post_init__(self) -> None:
        for name in LISTS:
            if isinstance(getattr(self, name), str):
                raise ValueError(f"{name} must be a list.")
        for name in ("budget", "longest_pause"):
            seconds = getattr(self, name)
            if not (isinstance(seconds, int | float) and seconds > 0):
                raise ValueError(f"{name} must be a number of seconds above 0.")
        if "{id}" not in self.poll_path:
            raise ValueError(f"poll_path is {self.poll_path!r}; it must hold {{id}}.")
        if self.frame not in ("size", "aspect_ratio"):
            raise ValueError(f"frame is {self.frame!r}; there are size and aspect_ratio.")
        if unknown := sorted(set(self.sizes) - set(SIZES)):
            raise ValueError(f"sizes know no {unknown[0]!r}; there are {', '.join(SIZES)}.")
        if taken := sorted(OURS & set(self.fields)):
            raise ValueError(f"fields must not hold {taken[0]!r}, which is sent anyway.")

    @property
    def makes(self) -> Collection[str]:
        """The size classes that can be asked for."""
        return self.sizes or (SIZES if self.frame == "size" else SIZES[:1])

"""What the tests of the flat job API have in common."""

from decimal import Decimal
from io import BytesIO
from typing import Any

from generation.providers.base import Job, Picture, PictureRequest
from generation.providers.image_jobs import ImageJobs
from tests.generation.imaging.photos import gradient, saved
from tests.standins.image_jobs import KEY, Api

PRICES = {"1K": "0.10", "2K": "0.20", "4K": "0.40", "input": "0.01"}
PRICE, INPUTS, NOTHING = Decimal("0.12"), Decimal("0.02"), Decimal(0)

RUBBISH: list[Any] = [
    [],
    [5],
    [None],
    {},
    {"error": None},
    {"status": None},
    {"status": 5},
    {"status": ["succeeded"]},
    {"status": {"a": 1}},
    {"status": "queued", "request_id": None},
    {"status": "queued", "request_id": True},
    {"status": "queued", "request_id": ["job-1"]},
    {"status": "queued", "request_id": "a\nb"},
    {"status": "failed", "error": "words"},
    {"status": "failed", "error": ["words"]},
    {"status": "failed", "error": {"code": 7, "message": {"a": 1}}},
    {"status": "succeeded"},
    {"status": "succeeded", "outputs": None},
    {"status": "succeeded", "outputs": {"url": "https://x"}},
    {"status": "succeeded", "outputs": "https://x"},
    {"status": "succeeded", "outputs": [None]},
    {"status": "succeeded", "outputs": [7]},
    {"status": "succeeded", "outputs": [[]]},
    {"status": "succeeded", "outputs": [{}]},
    {"status": "succeeded", "outputs": [{"url": 7}]},
    {"status": "succeeded", "outputs": [{"url": "http://[::1"}]},
    {"status": "succeeded", "outputs": [{"url": "https://:99999999/"}]},
    {"status": "succeeded", "outputs": [{"url": "https://user:secret@127.0.0.1/x"}]},
    {"status": "succeeded", "outputs": [{"url": "x" * 20_000}]},
    {"status": "succeeded", "outputs": [{"base64": None}]},
    {"status": "succeeded", "outputs": [{"base64": {"a": 1}}]},
    {"status": "succeeded", "outputs": [{"url": None, "base64": "????"}]},
]


def a_picture(role: str, format: str = "JPEG") -> Picture:
    data = saved(gradient(), format)
    return Picture(
        role=role, data=data, media_type=f"image/{format.lower()}", width=96, height=64, sha256=role * 8
    )


def a_request(**changes: Any) -> PictureRequest:
    usual = {
        "prompt": "A lamp on a table",
        "ratio": "1:1",
        "size": "1K",
        "subject": a_picture("subject"),
        "scene": a_picture("scene", "WEBP"),
        "seed": 7,
    }
    return PictureRequest(**{**usual, **changes})


class Waiting(Job):
    """Passes the time of its pauses without spending it. stops_at: the pause in which the process stops."""

    def __init__(self, id: str = "", *, stops_at: int | None = None) -> None:
        super().__init__(id)
        self.pauses: list[float] = []
        self.noted: list[str] = []
        self._stops_at = stops_at

    @property
    def waited(self) -> float:
        return sum(self.pauses)

    def note(self, id: str) -> None:
        super().note(id)
        self.noted.append(id)

    def pause(self, seconds: float) -> bool:
        self.pauses.append(round(seconds, 3))
        return len(self.pauses) != self._stops_at


def provider(server: Api, **options: Any) -> ImageJobs:
    usual = {"url": server.url, "key": server.key, "prices": PRICES}
    return ImageJobs(alias="jobs", options={**usual, **options})


def make(server: Api, job: Job | None = None, **options: Any) -> tuple[Any, bytes]:
    """Result and the bytes in the sink."""
    sink = BytesIO()
    result = provider(server, **options).make(a_request(), sink, job or Waiting())
    assert KEY not in repr(result)
    return result, sink.getvalue()


def files_of(server: Api) -> list[str]:
    return [f"127.0.0.1:{server.files.server_port}"]

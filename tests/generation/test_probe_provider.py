"""`manage.py probe_provider`: one screen, and an exit status."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from generation.models import ProviderAccount
from tests.standins.image_jobs import KEY, Api, image_jobs_server

pytestmark = pytest.mark.django_db

JOBS = "generation.providers.image_jobs.ImageJobs"
FAKE = "generation.providers.fake.Fake"


@pytest.fixture(autouse=True)
def _nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, None)


def answers(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    """What a person types; None where nobody is there."""

    def type_it() -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", type_it)


def configure(settings: Settings, server: Api, **options: Any) -> None:
    usual = {"url": server.url, "key": KEY, "prices": {"1K": "0.10", "input": "0.01"}}
    settings.BRANDKIT_PROVIDERS = {"jobs": {"BACKEND": JOBS, "OPTIONS": {**usual, **options}}}


def fake(settings: Settings, **options: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE, "OPTIONS": options}}


def probe(alias: str, **options: Any) -> tuple[list[str], str]:
    """The lines, and the error, if any."""
    out, error = StringIO(), ""
    try:
        call_command("probe_provider", alias, stdout=out, **options)
    except CommandError as raised:
        error = str(raised)
    assert KEY not in out.getvalue() + error
    return out.getvalue().splitlines(), error


def test_it_says_that_all_works(settings: Settings) -> None:
    with image_jobs_server() as server:
        configure(settings, server)
        lines, error = probe("jobs")
    assert lines == [
        f"jobs: Image jobs, image-jobs, {server.url}",
        f"host     works  {server.root.removeprefix('http://')} answers.",
        "key      works  It was not refused. Whether a picture comes shows only when one is paid for.",
    ]
    assert (error, server.posts, len(server.polls)) == ("", [], 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": "other"}, "key      FAILS  It was refused (HTTP 401). Check it, and that"),
        ({"key": ""}, "key      FAILS  It was refused (HTTP 401). Check it, and that"),
    ],
)
def test_it_says_that_the_key_is_refused(options: Mapping[str, Any], words: str, settings: Settings) -> None:
    with image_jobs_server() as server:
        configure(settings, server, **options)
        lines, error = probe("jobs")
    assert lines[2].startswith(words)
    assert (len(lines), error) == (3, "jobs does not work as it is set up. See above.")


def test_it_says_that_nobody_answers(settings: Settings) -> None:
    with image_jobs_server() as server:
        configure(settings, server)
    lines, error = probe("jobs")
    assert lines[1].startswith("host     FAILS  http://127.0.0.1:")
    assert lines[1].endswith(" gave no answer (no connection). Check the address.")
    assert (len(lines), error) == (2, "jobs does not work as it is set up. See above.")


def test_it_names_those_that_there_are(settings: Settings) -> None:
    fake(settings)
    assert probe("nobody") == ([], "There is no provider 'nobody'. There is: fake.")


def test_it_says_what_is_wrong_with_the_settings(settings: Settings) -> None:
    fake(settings, speed=1)
    assert probe("fake") == ([], "Provider 'fake': there is no option 'speed'.")


def test_it_needs_nobody_for_the_compositor() -> None:
    lines, error = probe("compositor")
    assert lines == [
        "compositor: Compositor, compositor-1, on this machine",
        "host     works  Pictures are computed here; nobody is asked.",
    ]
    assert error == ""


def test_it_pays_for_nothing_that_nobody_agreed_to(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with image_jobs_server() as server:
        configure(settings, server)
        for answer in (None, "", "n", "what?"):
            answers(monkeypatch, answer)
            lines, error = probe("jobs", picture=tmp_path / "probe.jpg")
            assert lines[3:] == [
                "A 1K picture: about $0.12. brandkit counts it nowhere.",
                "Ask for it? [y/N] picture         not asked for",
            ]
            assert error == ""
    assert server.posts == []
    assert list(tmp_path.iterdir()) == []


def test_it_pays_for_one_picture_and_keeps_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "y")
    place = tmp_path / "probe.jpg"
    with image_jobs_server() as server:
        configure(settings, server)
        lines, error = probe("jobs", picture=place)
    assert "picture  works  image/jpeg, 1024 × 1024, " in lines[4]
    assert lines[4].endswith(f"in {place} (0 s, $0.12)")
    assert (error, len(server.posts)) == ("", 1)
    assert list(tmp_path.iterdir()) == [place]
    with Image.open(place) as picture:
        assert picture.size == (1024, 1024)


def test_it_tells_the_number_of_a_job(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with image_jobs_server(running=1) as server:
        configure(settings, server)
        lines, _ = probe("jobs", picture=tmp_path / "probe.jpg", yes=True)
    assert lines[3] == "job             job-1"
    assert lines[4].startswith("picture  works")


def test_it_says_that_no_price_is_set(settings: Settings, tmp_path: Path) -> None:
    with image_jobs_server() as server:
        configure(settings, server, prices={})
        lines, _ = probe("jobs", picture=tmp_path / "probe.jpg")
        paid, _ = probe("jobs", picture=tmp_path / "probe.jpg", yes=True)
    assert lines[3] == "A 1K picture: no price set. brandkit counts it nowhere."
    assert paid[-1].endswith("(0 s, no price set)")


def test_it_asks_for_the_size_that_there_is(settings: Settings, tmp_path: Path) -> None:
    with image_jobs_server() as server:
        configure(settings, server, sizes=["2K"])
        probe("jobs", picture=tmp_path / "probe.jpg", yes=True)
    assert server.posts[0].body["size"] == "2048x2048"


def test_it_asks_with_words_alone_where_that_is_enough(settings: Settings, tmp_path: Path) -> None:
    place = tmp_path / "probe.png"
    fake(settings)
    lines, error = probe("fake", picture=place, yes=True)
    assert lines[2].startswith("picture  works  image/png, 1024 × 1024, ")
    assert lines[2].endswith("(0 s, $0.01)")
    assert (error, place.is_file()) == ("", True)


@pytest.mark.parametrize(
    ("script", "words", "left"),
    [
        ({"do": "later", "words": "Too busy."}, "picture  FAILS  Too busy. (0 s, $0.01)", []),
        ({"do": "text"}, "picture  FAILS  What came is no picture. ", ["probe.png"]),
        ({"do": "blank"}, "picture  FAILS  What came is no picture. ", ["probe.png"]),
    ],
)
def test_it_fails_without_a_picture(
    script: dict[str, Any], words: str, left: list[str], settings: Settings, tmp_path: Path
) -> None:
    fake(settings, script=[script])
    lines, error = probe("fake", picture=tmp_path / "probe.png", yes=True)
    assert lines[2].startswith(words)
    assert error == "fake does not work as it is set up. See above."
    assert [file.name for file in tmp_path.iterdir()] == left


def test_it_pays_for_nothing_that_it_can_not_keep(settings: Settings, tmp_path: Path) -> None:
    with image_jobs_server() as server:
        configure(settings, server)
        nowhere = tmp_path / "nowhere/probe.jpg"
        assert probe("jobs", picture=nowhere, yes=True) == ([], f"{nowhere} is no place for a file.")
        assert probe("jobs", picture=tmp_path, yes=True) == ([], f"{tmp_path} is no place for a file.")
    assert server.seen == []
    assert probe("compositor", picture=tmp_path / "probe.png")[0] == []


def test_it_pays_for_nothing_where_the_key_is_refused(settings: Settings, tmp_path: Path) -> None:
    with image_jobs_server() as server:
        configure(settings, server, key="other")
        lines, _ = probe("jobs", picture=tmp_path / "probe.jpg", yes=True)
    assert (len(lines), server.posts) == (3, [])


def test_it_says_that_the_account_is_paused(settings: Settings) -> None:
    fake(settings)
    ProviderAccount.objects.create(name="fake", paused_at=timezone.now(), pause_words="The key is refused.")
    lines, error = probe("fake")
    assert lines[2].startswith("account  paused since ")
    assert lines[2].endswith("UTC: The key is refused. `manage.py resume_provider fake` opens it again.")
    assert error == ""

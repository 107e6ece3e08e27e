"""`manage.py generate`: the whole job from the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from brandkit.accounts.models import Brand
from brandkit.common.storage import digest
from generation.imaging import files
from generation.management.commands import generate
from generation.models import Generation, Output, Subject
from generation.provider_accounts import pause
from templates_app.demo import BRAND
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_prompt, make_scene

# The runner refuses to claim inside a transaction.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]
KEYS = [
    "generation",
    "state",
    "output",
    "width",
    "height",
    "provider",
    "model",
    "attempts",
    "cost",
    "seconds",
    "advice",
    "subject_box",
]


@pytest.fixture
def brand() -> Brand:
    """A brand with a scene, a default prompt and a format."""
    brand = make_brand()
    make_scene(brand, slug="kitchen")
    prompt = make_prompt(brand).template
    prompt.is_default = True
    prompt.save(update_fields=["is_default"])
    make_format(brand, slug="square")
    return brand


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A disc that comes without its background, so that nothing needs to be cut out."""
    file = tmp_path / "red-disc.png"
    y, x = np.mgrid[:120, :160]
    rgba = np.full((120, 160, 4), (200, 40, 30, 0), np.uint8)
    rgba[..., 3] = 255 * ((x - 80) ** 2 + (y - 60) ** 2 < 40**2)
    file.write_bytes(files.png(rgba))
    return file


def run(*arguments: Any) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command."""
    out, err = StringIO(), StringIO()
    try:
        call_command("generate", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def use_fake(settings: Settings, *script: dict[str, Any]) -> None:
    settings.BRANDKIT_PROVIDERS = {
        "compositor": {"BACKEND": "generation.providers.fake.Fake", "OPTIONS": {"script": list(script)}}
    }


def test_it_makes_a_picture_and_says_where_it_is(brand: Brand, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "picture.png"
    status, stdout, stderr = run(photo, "--scene", "kitchen", "--out", out)
    assert (status, stdout) == (0, f"{out}\n")
    output = Output.objects.get()
    assert digest(out.read_bytes()) == output.sha256
    with Image.open(out) as picture:
        assert picture.size == (1024, 1024)
    assert [line.split()[0] for line in stderr.splitlines()] == ["photo", "advice", "request", "picture"]
    assert "“Red disc”, 160 × 120" in stderr


def test_it_prints_one_json_object(brand: Brand, photo: Path) -> None:
    status, stdout, _ = run(photo, "--scene", "kitchen", "--json")
    facts = json.loads(stdout)
    generation = Generation.objects.get()
    output = generation.output
    assert status == 0
    assert list(facts) == KEYS
    assert facts["seconds"] > 0
    assert facts["advice"] == Subject.objects.get().advice
    assert facts["subject_box"] == output.subject_box
    assert digest(Path(facts["output"]).read_bytes()) == output.sha256
    assert {name: facts[name] for name in KEYS[:2] + KEYS[3:9]} == {
        "generation": generation.pk,
        "state": "succeeded",
        "width": 1024,
        "height": 1024,
        "provider": "compositor",
        "model": "compositor-1",
        "attempts": 1,
        "cost": 0.0,
    }


def test_it_gives_the_same_picture_again_and_says_so(brand: Brand, photo: Path) -> None:
    _, first, _ = run(photo, "--scene", "kitchen", "--json")
    kept = stored_files()
    status, second, stderr = run(photo, "--scene", "kitchen", "--json")
    assert status == 0
    same = [name for name in KEYS if name != "seconds"]
    assert [json.loads(second)[name] for name in same] == [json.loads(first)[name] for name in same]
    assert "this photo is known" in stderr
    assert "asked for before" in stderr
    assert "is there already" in stderr
    assert stored_files() == kept


def test_it_needs_no_worker_and_sends_nothing_to_one(
    brand: Brand, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr("generation.tasks.dispatch", lambda *key: sent.append(key))
    assert run(photo, "--scene", "kitchen")[0] == 0
    assert sent == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scene", "attic"], "There is no scene “attic”. There are: kitchen."),
        (["--scene", "kitchen", "--prompt", "ode"], "There is no prompt “ode”."),
        (["--scene", "kitchen", "--format", "round"], "There is no format “round”. There are: square."),
        (["--scene", "kitchen", "--provider", "nobody"], "nobody"),
        (["--scene", "kitchen", "--brand", "acme"], "There is no brand “acme”. There are: brand-"),
        (["--scene", "kitchen", "--var", "tag"], "Write it as --var NAME=VALUE."),
        (["--scene", "kitchen", "--var", "tag=x"], "This prompt has no variable “tag”."),
        (["--scene", "kitchen", "--out", "/no/such/folder/p.png"], "There is no folder /no/such/folder"),
    ],
)
def test_it_says_what_is_wrong_in_one_sentence(
    brand: Brand, photo: Path, arguments: list[str], words: str
) -> None:
    status, stdout, stderr = run(photo, *arguments)
    assert (status, stdout) == (1, "")
    assert words in stderr.splitlines()[-1]
    assert not Generation.objects.exists()


def test_it_tells_the_error_in_the_json_object_too(brand: Brand, photo: Path) -> None:
    status, stdout, stderr = run(photo, "--scene", "attic", "--json")
    facts = json.loads(stdout)
    assert status == 1
    assert list(facts) == [*KEYS, "error"]
    assert (facts["generation"], facts["state"], facts["output"]) == (None, "failed", None)
    assert facts["error"] == "There is no scene “attic”. There are: kitchen."
    assert facts["error"] in stderr


def test_it_refuses_a_retired_scene(brand: Brand, photo: Path) -> None:
    make_scene(brand, slug="attic", state="retired")
    status, _, stderr = run(photo, "--scene", "attic")
    assert status == 1
    assert "The scene “Attic” is retired" in stderr
    assert not Subject.objects.exists()


def test_it_refuses_a_format_that_the_provider_can_not_make(brand: Brand, photo: Path) -> None:
    make_format(brand, slug="poster", name="Poster", width=9000, height=9000)
    status, _, stderr = run(photo, "--scene", "kitchen", "--format", "poster")
    assert status == 1
    assert "The format “Poster” can't be made" in stderr
    assert not Generation.objects.exists()


def test_it_names_a_missing_variable_and_takes_it(brand: Brand, photo: Path) -> None:
    prompt = make_prompt(brand, text="A tag: {{ vars.tag }}", variables={"tag": None})
    arguments = [photo, "--scene", "kitchen", "--prompt", prompt.template.slug]
    status, _, stderr = run(*arguments)
    assert status == 1
    assert "“tag”" in stderr
    assert run(*arguments, "--var", "tag=Now=Here")[0] == 0
    assert Generation.objects.get().prompt == "A tag: Now=Here"


@pytest.mark.parametrize("data", [b"", b"not a photo", None], ids=["empty", "text", "missing"])
def test_it_refuses_what_is_no_photo(brand: Brand, tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "photo.jpg"
    if data is not None:
        file.write_bytes(data)
    kept = stored_files()
    status, stdout, stderr = run(file, "--scene", "kitchen")
    assert (status, stdout) == (1, "")
    assert len(stderr.splitlines()) == 1
    assert stored_files() == kept
    assert not Subject.objects.exists()


def test_it_says_that_the_disk_is_full(brand: Brand, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    kept = stored_files()
    monkeypatch.setattr("os.fsync", full)
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert status == 1
    assert stderr == "The picture could not be stored: No space left on device.\n"
    assert stored_files() == kept


def test_it_says_where_the_picture_is_if_it_can_not_be_written_out(
    brand: Brand, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    status, stdout, stderr = run(photo, "--scene", "kitchen", "--out", tmp_path / "taken", "--json")
    assert status == 1
    assert json.loads(stdout)["state"] == "succeeded"
    assert f"It is kept as {Output.objects.get().picture.path}" in stderr


def test_it_leaves_no_half_picture_where_it_is_wanted(
    brand: Brand, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    status, _, stderr = run(photo, "--scene", "kitchen", "--out", tmp_path / "out.png")
    assert status == 1
    assert "could not be written to" in stderr
    assert not (tmp_path / "out.png").exists()


def test_it_refuses_arguments_that_are_no_text(brand: Brand, photo: Path) -> None:
    status, stdout, stderr = run(photo, "--scene", "\udcff")
    assert (status, stdout) == (1, "")
    assert "no text in UTF-8" in stderr


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ({"do": "refuse", "words": "Not this one."}, "refused"),
        ({"do": "fail", "words": "Not this one."}, "failed"),
    ],
)
def test_it_fails_where_the_provider_makes_no_picture(
    brand: Brand, photo: Path, settings: Settings, step: dict[str, Any], state: str
) -> None:
    use_fake(settings, step)
    status, stdout, stderr = run(photo, "--scene", "kitchen", "--json")
    facts = json.loads(stdout)
    assert status == 1
    assert (facts["state"], facts["attempts"], facts["cost"]) == (state, 1, 0.01)
    assert facts["error"] == "Not this one."
    assert stderr.splitlines()[-1] == "Not this one."


def test_it_tells_the_price_before_and_what_it_was(brand: Brand, photo: Path, settings: Settings) -> None:
    use_fake(settings, {"do": "picture"})
    for words in ("(256 × 256), about $0.01", "(256 × 256): asked for before"):
        _, _, stderr = run(photo, "--scene", "kitchen")
        assert words in stderr
        assert ("succeeded, $0.01\n" in stderr) == ("about" in words)


def test_it_tries_again_by_itself_and_when_asked_again(brand: Brand, photo: Path, settings: Settings) -> None:
    use_fake(settings, {"do": "later", "wait": 0}, {"do": "refuse"}, {"do": "picture"})
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert status == 1
    assert "try 1 did not work" in stderr
    status, stdout, _ = run(photo, "--scene", "kitchen", "--json")
    assert status == 0
    assert (json.loads(stdout)["attempts"], json.loads(stdout)["cost"]) == (3, 0.03)


def test_it_takes_the_demo_brand_where_there_are_several(brand: Brand, photo: Path) -> None:
    demo = make_brand(slug=BRAND)
    make_scene(demo, slug="garden")
    _, _, stderr = run(photo, "--scene", "attic")
    assert "There are: garden." in stderr
    _, _, stderr = run(photo, "--scene", "attic", "--brand", brand.slug)
    assert "There are: kitchen." in stderr


def test_it_asks_for_a_brand_where_there_are_several(brand: Brand, photo: Path) -> None:
    other = make_brand()
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert status == 1
    assert stderr == f"Say which brand, with --brand SLUG. There are: {brand.slug}, {other.slug}.\n"


def test_it_says_what_to_do_where_nothing_is_loaded(photo: Path) -> None:
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert (status, stderr) == (
        1,
        "There is no brand yet. Run `manage.py load_demo`, or add one in the admin.\n",
    )


def test_it_says_what_to_do_without_a_database(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_table(slug: str) -> Brand:
        raise DatabaseError("no such table: accounts_brand")

    monkeypatch.setattr(generate, "find_brand", no_table)
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert status == 1
    assert "no such table: accounts_brand. Run `manage.py migrate` first." in stderr


def test_it_says_which_file_it_may_not_read(
    brand: Brand, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, *args: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", forbidden)
    status, _, stderr = run(photo, "--scene", "kitchen")
    assert status == 1
    assert f"Permission denied: '{photo}'" in stderr


def test_it_ends_in_words_where_the_provider_stops(brand: Brand, photo: Path, settings: Settings) -> None:
    use_fake(settings, {"do": "stop", "code": "no_credit", "words": "Buy more credit."}, {"do": "picture"})
    status, out, err = run(photo, "--scene", "kitchen", "--json")
    assert (status, json.loads(out)["state"], json.loads(out)["attempts"]) == (1, "queued", 1)
    assert err.splitlines()[-1] == (
        "Fake is paused: Buy more credit. The picture waits in the queue. "
        "`manage.py resume_provider compositor` lets it go on."
    )
    call_command("resume_provider", "compositor", stdout=StringIO())
    assert run(photo, "--scene", "kitchen")[0] == 0


def test_it_calls_nobody_while_the_provider_is_paused(brand: Brand, photo: Path, settings: Settings) -> None:
    use_fake(settings, {"do": "picture"})
    pause("compositor", by=None)
    status, out, err = run(photo, "--scene", "kitchen", "--json")
    assert (status, json.loads(out)["state"], json.loads(out)["attempts"]) == (1, "queued", 0)
    assert "Fake is paused: The operator paused it." in err


def test_it_waits_where_there_were_too_many_calls(
    brand: Brand, photo: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"do": "later", "slow": True, "wait": 25, "words": "Too many calls."}
    use_fake(settings, slow, {"do": "picture"})
    waits: list[float] = []
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            clock.shift(seconds)

        monkeypatch.setattr("generation.management.commands.generate.time.sleep", sleep)
        status, out, err = run(photo, "--scene", "kitchen", "--json")
    assert (status, json.loads(out)["state"], json.loads(out)["attempts"]) == (0, "succeeded", 2)
    assert waits == [10, 10, pytest.approx(5)]
    assert err.count("Fake: Too many calls.") == 1

"""What a success keeps, what is flagged on it, and that inputs are prepared once for all calls."""

import json
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from PIL import Image

from brandkit.accounts.models import Brand
from brandkit.common.storage import digest, private_store
from generation import prepared
from generation.imaging.fitting import fit_within
from generation.models import Generation, PreparedPicture, Subject
from tests.factories import make_brand, make_reference, make_subject, stored
from tests.generation.scenarios.canaries import KEY
from tests.generation.scenarios.play import make_due, outcomes, spend, turn, use, wanted
from tests.standins.gemini import Fault, GeminiServer, gemini_server
from tests.standins.gemini.answers import usage, with_picture
from tests.standins.gemini.pictures import picture

pytestmark = pytest.mark.django_db
INPUT = Decimal("0.0011")


def connect(settings: Any, server: GeminiServer) -> None:
    use(settings, "gemini.Gemini", key=KEY, url=server.url)


def sends(width: int, height: int) -> Fault:
    """A picture of these pixels, whatever was asked for."""
    return Fault("Reported: other pixels", with_picture(lambda _: picture(width, height)))


def content(file: FieldFile) -> bytes:
    with file.open() as opened:
        return bytes(opened.read())


def flags(generation: Generation) -> list[tuple[str, str]]:
    return [(flag["code"], flag["words"]) for flag in generation.output.flags]


def test_it_keeps_all_that_made_the_picture_and_all_that_came(settings: Any) -> None:
    with gemini_server("wrong_mime", key=KEY) as server:
        connect(settings, server)
        generation = wanted(ratio="4:5", prompt="Set the lamp in.")
        reference = make_reference(generation.subject)
        generation.references.add(reference)
        assert turn(generation) == 1
        [asked] = server.asked
        [received] = server.requests
    attempt, output = generation.attempts.get(), generation.output

    stored_pictures = [generation.subject.normal, generation.scene_version.picture, reference.picture]
    assert [sent.data for sent in asked.pictures] == [content(file) for file in stored_pictures]
    assert asked.texts == (generation.prompt,) == ("Set the lamp in.",)
    assert [(sent["role"], sent["media_type"], sent["sha256"]) for sent in attempt.sent] == [
        ("subject", "image/jpeg", generation.subject.normal_sha256),
        ("scene", "image/webp", generation.scene_version.sha256),
        ("reference", "image/png", reference.sha256),
    ]
    assert attempt.parameters == {
        "model": "gemini-3-pro-image",
        "aspectRatio": "4:5",
        "imageSize": "1K",
        "seed": generation.seed,
    }
    assert (asked.ratio, asked.size, asked.seed) == ("4:5", "1K", generation.seed)

    answer = json.loads(received.told.body)
    assert (attempt.http_status, attempt.bytes_received) == (200, len(received.told.body))
    assert (attempt.model_version, attempt.response_id) == (answer["modelVersion"], answer["responseId"])
    assert attempt.usage == answer["usageMetadata"] == usage(asked)
    assert (attempt.cost, spend(generation)) == (Decimal("0.134") + 3 * INPUT,) * 2
    assert attempt.seconds is not None

    # Declared as image/png; its bytes say what it is.
    sent = picture(928, 1152, kind="JPEG", hue=sum(generation.prompt.encode()) % 12 * 30)
    assert (content(output.picture), output.sha256) == (sent, digest(sent))
    assert (output.media_type, output.width, output.height, output.bytes) == (
        "image/jpeg",
        928,
        1152,
        len(sent),
    )
    assert output.flags == []


def test_it_flags_1k_for_4k_and_counts_4k(settings: Any) -> None:
    with gemini_server(sends(1024, 1024), key=KEY) as server:
        connect(settings, server)
        generation = wanted(size="4K")
        assert turn(generation) == 1
        assert (generation.state, server.asked[0].size) == ("succeeded", "4K")
    words = (
        "It was asked for at 4K, which is 4096 × 4096, and came as 1024 × 1024. "
        "Pictures are never enlarged, so it may be too small for its channel."
    )
    assert flags(generation) == [("too_small", words)]
    assert spend(generation) == Decimal("0.24") + 2 * INPUT


@pytest.mark.parametrize(
    ("width", "height", "codes"),
    [
        (1376, 768, []),  # 16:9 is really 1.792
        (1365, 768, []),  # 16:9 to the pixel, 0.8 % off
        (1376, 790, []),  # 2.8 % off
        (1376, 800, ["wrong_ratio"]),  # 4.0 % off
        (768, 1376, ["wrong_ratio", "too_small"]),
    ],
)
def test_it_flags_a_ratio_that_is_over_three_in_a_hundred_off(
    width: int, height: int, codes: list[str], settings: Any
) -> None:
    with gemini_server(sends(width, height), key=KEY) as server:
        connect(settings, server)
        generation = wanted(ratio="16:9")
        assert turn(generation) == 1
    assert (generation.state, [code for code, _ in flags(generation)]) == ("succeeded", codes)
    assert spend(generation) == Decimal("0.134") + 2 * INPUT


def heavy_subject(brand: Brand) -> Subject:
    """Its photo is noise, a PNG of more than the 7 MB that a request may carry for each picture."""
    pixels = np.random.default_rng(1).integers(0, 256, (1600, 1600, 3), np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    data = out.getvalue()
    assert len(data) > 7 * 10**6
    normal = {"normal": stored("normal.png", data), "normal_sha256": digest(data)}
    return make_subject(brand, **normal, width=1600, height=1600)


def test_it_prepares_an_input_once_for_all_calls(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[bytes] = []

    def counted(data: bytes, **limits: int) -> Any:
        fitted.append(data)
        return fit_within(data, **limits)

    monkeypatch.setattr(prepared, "fit_within", counted)
    with gemini_server("overloaded", "reset_before", key=KEY) as server:
        connect(settings, server)
        brand = make_brand()
        subject = heavy_subject(brand)
        first, second = wanted(brand, subject=subject), wanted(brand, subject=subject)
        for work in (first, first, first, second):
            make_due(work)
            assert turn(work) == 1
        assert (outcomes(first), outcomes(second)) == (("later", "unknown", "picture"), ("picture",))
        sent = [asked.pictures[0] for asked in server.asked]
    row = PreparedPicture.objects.get()
    made = content(row.picture)
    assert [each.data for each in sent] == [made] * 4
    assert (len(fitted), len(made) <= 7 * 10**6, sent[0].media_type) == (1, True, "image/jpeg")
    kept = [attempt.sent[0]["sha256"] for work in (first, second) for attempt in work.attempts.all()]
    assert kept == [row.sha256] * 4


def test_it_makes_a_picture_anew_that_the_store_has_lost(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gemini_server(key=KEY) as server:
        connect(settings, server)
        generation = wanted()
        with monkeypatch.context() as patch:
            patch.setattr("generation.runner.finish", lambda claim: None)
            turn(generation)
        private_store().delete(generation.fetched)
        Generation.objects.update(lease_until=timezone.now())
        assert turn(generation) == 0
        lost = generation.attempts.get()
        assert (lost.outcome, lost.code) == ("later", "answer_lost")
        assert lost.words == "What came back can't be used as a picture: it is no longer in the store."
        make_due(generation)
        assert turn(generation) == 1
        assert (generation.state, outcomes(generation)) == ("succeeded", ("later", "picture"))
        assert (spend(generation), len(server.requests)) == (2 * (Decimal("0.134") + 2 * INPUT), 2)

"""The doors of the review pages: who comes in, and what they can do there."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import StorageFailed
from generation.models import Attempt
from review import library
from review.models import Asset, Decision, Review
from review.publishing import actions
from review.services import claim, decide
from tests.conftest import stored_files
from tests.factories import make_brand, make_format, make_reference, make_scene, make_subject, make_user
from tests.review.factories import make_published, make_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER, first_name="Ruth")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"review:{name}", args=["acme", *args])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_it_leads_from_the_desk_to_the_oldest_and_claims_it(brand: Brand, reviewer: User) -> None:
    first, _ = make_review(brand), make_review(brand)
    response = client_of(reviewer).get(address("desk"))
    assert response["Location"] == address("show", first.pk)
    first.refresh_from_db()
    assert first.claimed_by == reviewer


def test_it_says_that_nothing_waits(brand: Brand, reviewer: User) -> None:
    make_review(brand, by=reviewer)
    page = text(client_of(reviewer).get(address("desk")))
    assert "Nothing waits for you" in page
    assert "1 picture that you asked for waits for somebody else" in page


def test_it_skips_to_the_one_behind_and_round_again(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    client = client_of(reviewer)
    client.get(address("desk"))
    there = client.post(address("skip", first.pk), follow=True)
    assert there.redirect_chain[-1][0] == address("show", second.pk)
    there = client.post(address("skip", second.pk), follow=True)
    assert there.redirect_chain[-1][0] == address("show", first.pk)


def test_it_rejects_and_goes_on(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    said = {"verdict": "rejected", "reason": "extra", "note": "A second cup."}
    there = client_of(reviewer).post(address("decide", first.pk), said, follow=True)
    assert there.redirect_chain[-1][0] == address("show", second.pk)
    decision = Decision.objects.get()
    assert (decision.review, decision.reason, decision.note) == (first, "extra", "A second cup.")


def test_it_does_not_take_a_reason_along_with_an_approval(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    client_of(reviewer).post(address("decide", review.pk), {"verdict": "approved", "reason": "extra"})
    assert (Decision.objects.get().verdict, Decision.objects.get().reason) == ("approved", "")


def test_it_asks_for_a_reason_and_keeps_the_note(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    response = client_of(reviewer).post(
        address("decide", review.pk), {"verdict": "rejected", "note": "Odd."}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 422
    assert (response["HX-Retarget"], response["HX-Push-Url"]) == ("#desk", "false")
    assert "Say why it is rejected" in text(response)
    assert ">Odd.</textarea>" in text(response)
    assert not Decision.objects.exists()


def test_it_tells_the_second_reviewer_who_was_faster_and_goes_on(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    decide(review=first, by=reviewer, verdict="rejected", reason="light")
    other = client_of(make_user(brand, Role.REVIEWER))
    there = other.post(address("decide", first.pk), {"verdict": "approved"}, follow=True)
    assert there.redirect_chain[-1][0] == address("show", second.pk)
    assert "Ruth has rejected this picture already." in text(there)
    assert Decision.objects.count() == 1


def test_it_shows_who_has_a_picture_and_offers_no_verdict(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    page = text(client_of(make_user(brand, Role.REVIEWER)).get(address("show", review.pk)))
    assert "Ruth is looking at this picture" in page
    assert 'name="verdict"' not in page


def test_it_offers_no_verdict_on_ones_own_request(brand: Brand, reviewer: User) -> None:
    review = make_review(brand, by=reviewer)
    client = client_of(reviewer)
    page = text(client.get(address("show", review.pk)))
    assert "You asked for this picture yourself" in page
    assert 'name="verdict"' not in page
    assert client.post(address("decide", review.pk), {"verdict": "approved"}).status_code == 403
    assert Review.objects.get().state == "waiting"


def test_it_offers_to_publish_again_when_the_store_has_failed(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    client = client_of(reviewer)

    def full(*args: Any) -> str:
        raise StorageFailed("The picture could not be stored: No space left on device.")

    with monkeypatch.context() as disk:
        disk.setattr(actions, "keep", full)
        there = client.post(address("decide", review.pk), {"verdict": "approved"}, follow=True)
        assert "approved, but not published yet. The picture could not be stored: No space left" in text(
            there
        )
        page = text(client.get(address("show", review.pk)))
        assert "Approved, but not public yet." in page
        assert "Publish again" in page
        assert "is approved, but not public yet. The picture" in text(client.get(address("library")))
        assert "No space left" in text(client.post(address("publish", review.pk), follow=True))
        assert Review.objects.get().state == "approved"
    there = client.post(address("publish", review.pk), follow=True)
    assert "approved and published as" in text(there)
    assert "not public yet" not in text(client.get(address("library")))
    assert Review.objects.get().state == "published"


def test_it_warns_of_what_is_not_as_it_was_asked_for(brand: Brand, reviewer: User) -> None:
    flags = [{"code": "wrong_ratio", "words": "It was asked for in 1:1 and came as 1200 × 1024."}]
    review = make_review(brand, output={"flags": flags})
    client = client_of(reviewer)
    page = text(client.get(address("show", review.pk)))
    assert "It was asked for in 1:1 and came as 1200 × 1024." in page
    assert "formnovalidate disabled" not in page
    client.post(address("decide", review.pk), {"verdict": "approved"})
    name = Review.objects.get().asset_version.asset.name
    assert "It was asked for in 1:1" in text(client.get(address("asset", name)))


def test_it_says_that_a_picture_too_small_for_its_format_can_only_be_rejected(
    brand: Brand, reviewer: User
) -> None:
    flags = [{"code": "too_small", "words": "It was asked for at 1K and came as 512 × 512."}]
    review = make_review(
        brand,
        output={"width": 512, "height": 512, "flags": flags},
        output_format=make_format(brand, width=1024, height=1024),
    )
    client, before = client_of(reviewer), stored_files()
    page = text(client.get(address("show", review.pk)))
    assert "It was asked for at 1K and came as 512 × 512." in page
    assert "published pictures are never enlarged. Ask for it again at a larger size. So it can" in page
    assert "formnovalidate disabled" in page
    answer = client.post(address("decide", review.pk), {"verdict": "approved"})
    assert answer.status_code == 422
    assert "This picture has 512 × 512 pixels and the format needs 1024 × 1024" in text(answer)
    review.refresh_from_db()
    assert (review.state, review.problem, review.decisions.count()) == ("claimed", "", 0)
    assert (Asset.objects.count(), stored_files()) == (0, before)
    client.post(address("decide", review.pk), {"verdict": "rejected", "reason": "artefact"})
    review.refresh_from_db()
    assert review.state == "rejected"


def test_it_tells_every_fact_of_an_attempt(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    generation = review.output.generation
    Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=2,
        provider="gemini",
        model="gemini-3",
        outcome="failed",
        http_status=400,
        vendor_words="Unsupported <MIME> type",
        started_at=timezone.now(),
        cost=0,
    )
    page = text(client_of(reviewer).get(address("show", review.pk)))
    assert "2. Failed for good" in page
    assert "<dt>HTTP status</dt><dd>400</dd>" in page
    assert "Unsupported &lt;MIME&gt; type" in page


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.CURATOR])
def test_it_lets_others_look_but_not_decide(brand: Brand, role: Role) -> None:
    version = make_published(brand)
    waiting = make_review(brand)
    client = client_of(make_user(brand, role))
    for seen in (address("library"), address("asset", version.asset.name), address("show", waiting.pk)):
        page = client.get(seen)
        assert page.status_code == 200
        assert "npublish" not in text(page)
        assert 'name="verdict"' not in text(page)
    before = stored_files()
    assert client.get(address("desk")).status_code == 403
    for shut in (
        address("decide", waiting.pk),
        address("hold", waiting.pk),
        address("skip", waiting.pk),
        address("publish", waiting.pk),
        address("unpublish", version.asset.name, 1),
    ):
        assert client.post(shut, {"verdict": "approved"}).status_code == 403
    waiting.refresh_from_db()
    version.refresh_from_db()
    assert (waiting.state, version.recalled_at) == ("waiting", None)
    assert stored_files() == before


@pytest.mark.parametrize("signed_in", [True, False])
def test_it_hides_everything_from_strangers(brand: Brand, signed_in: bool) -> None:
    version = make_published(brand)
    waiting = make_review(brand)
    client = client_of(make_user(make_brand(), Role.OWNER)) if signed_in else Client()
    name = version.asset.name
    seen: list[tuple[Any, ...]] = [
        ("desk",),
        ("library",),
        ("compare",),
        ("show", waiting.pk),
        ("asset", name),
        ("thumbnail", name, 1),
    ]
    done: list[tuple[Any, ...]] = [(act, waiting.pk) for act in ("decide", "hold", "skip", "publish")]
    answers = [client.get(address(*each)) for each in seen]
    answers += [
        client.post(address(*each), {"verdict": "approved"}) for each in (*done, ("unpublish", name, 1))
    ]
    if signed_in:
        assert {answer.status_code for answer in answers} == {404}
    else:
        assert {answer.status_code for answer in answers} == {302}
        assert all(answer["Location"].startswith(reverse("web:sign-in")) for answer in answers)
    assert sorted(Review.objects.values_list("state", flat=True)) == ["published", "waiting"]


def test_it_knows_no_row_of_another_brand(brand: Brand, reviewer: User) -> None:
    foreign = make_published(make_brand())
    client = client_of(reviewer)
    assert client.get(address("show", foreign.review.pk)).status_code == 404
    assert client.get(address("asset", foreign.asset.name)).status_code == 404
    assert client.post(address("unpublish", foreign.asset.name, 1)).status_code == 404
    assert client.post(address("decide", foreign.review.pk), {"verdict": "approved"}).status_code == 404
    own = make_review(brand)
    assert client.get(address("compare"), {"pick": [own.pk, foreign.review.pk]}).status_code == 404


def test_it_narrows_the_library(brand: Brand, reviewer: User) -> None:
    one, two = make_published(brand), make_published(brand)
    client = client_of(reviewer)

    def names(**query: str) -> set[str]:
        return {asset.name for asset in client.get(address("library"), query).context["page"].rows}

    assert names() == {one.asset.name, two.asset.name}
    assert names(scene=one.asset.scene.slug) == {one.asset.name}
    assert names(format=two.asset.output_format.slug) == {two.asset.name}
    assert names(subject=one.asset.subject.name.upper()) == {one.asset.name}
    assert names(scene=one.asset.scene.slug, format=two.asset.output_format.slug) == set()
    assert "Nothing here fits" in text(client.get(address("library"), {"subject": "zebra"}))
    client.post(address("unpublish", one.asset.name, 1))
    assert names() == {two.asset.name}
    assert names(state="recalled") == {one.asset.name}


def test_it_walks_the_library_to_its_end_and_back(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "PAGE", 2)
    scene = make_scene(brand)
    names = [make_published(brand, scene_version=scene).asset.name for _ in range(5)][::-1]
    make_published(make_brand())
    client = client_of(reviewer)
    pages = [client.get(address("library"), {"scene": scene.scene.slug})]

    def follow(words: str) -> list[str]:
        [link] = re.findall(rf'href="([^"]*)">{words}<', pages[-1].content.decode())
        pages.append(client.get(address("library") + link.replace("&amp;", "&")))
        return shown()

    def shown() -> list[str]:
        return [asset.name for asset in pages[-1].context["page"].rows]

    assert "2 pictures, and older ones" in text(pages[0])
    assert ">Newer<" not in text(pages[0])
    assert [shown(), follow("Older"), follow("Older")] == [names[:2], names[2:4], names[4:]]
    assert ">Older<" not in text(pages[-1])
    assert [follow("Newer"), follow("Newer")] == [names[2:4], names[:2]]
    assert ">Newer<" not in text(pages[-1])


@pytest.mark.parametrize("place", ["before=1", "before=x", "after=999999999", "after=-1"])
def test_it_shows_the_first_page_where_nothing_is_beyond(brand: Brand, reviewer: User, place: str) -> None:
    asset = make_published(brand).asset
    page = client_of(reviewer).get(f"{address('library')}?{place}").context["page"]
    assert (page.rows, page.older) == ([asset], None)


def test_it_finds_a_subject_among_more_than_it_looks_up(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cups = [
        make_subject(brand, name="Cup"),
        make_subject(brand, sku="CUP-1"),
        make_subject(brand, slug="cup"),
    ]
    names = [make_published(brand, subject=cup).asset.name for cup in cups][::-1]
    make_published(brand)
    client = client_of(reviewer)
    for few in (500, 2):
        monkeypatch.setattr(library, "FEW", few)
        page = client.get(address("library"), {"subject": "cup"}).context["page"]
        assert [asset.name for asset in page.rows] == names


def test_it_says_that_nothing_is_published(brand: Brand, reviewer: User) -> None:
    assert "Nothing is published yet" in text(client_of(reviewer).get(address("library")))


def test_it_tells_where_a_picture_came_from(brand: Brand, reviewer: User) -> None:
    designer = make_user(brand, first_name="Dora")
    version = make_published(brand, by=reviewer)
    generation = version.review.output.generation
    type(generation).objects.filter(pk=generation.pk).update(
        requested_by=designer, prompt="Set the cup <there>.", parameters={"seed": 7}, variation=3
    )
    page = text(client_of(designer).get(address("asset", version.asset.name)))
    for words in (
        generation.subject.name,
        generation.subject.original_sha256[:16],
        str(generation.scene_version),
        str(generation.prompt_version),
        "Set the cup &lt;there&gt;.",
        "&quot;seed&quot;: 7",
        "compositor-1",
        "<dt>Variation</dt> <dd> 3",
        "Dora",
        "approved by Ruth",
        "$0",
        version.renditions.get().stable_path,
        version.renditions.get().immutable_path,
    ):
        assert words in page
    assert reverse("studio:scene-file", args=["acme", generation.scene_version_id, "picture"]) in page


def test_it_compares_two_pictures_and_lists_just_what_differs(brand: Brand, reviewer: User) -> None:
    one = make_review(brand)
    made_from = one.output.generation
    same = {
        name: getattr(made_from, name)
        for name in ("subject", "scene_version", "prompt_version", "output_format")
    }
    two = make_review(brand, **same, variation=2, parameters={"seed": 7})
    further = make_reference(made_from.subject)
    two.output.generation.references.add(further)
    response = client_of(reviewer).get(address("compare"), {"pick": [one.pk, two.pk]})
    assert [a.label for a, _ in response.context["differ"]] == ["Further photos", "Variation", "Parameters"]
    words = [(a.words, b.words) for a, b in response.context["differ"]]
    assert words[:2] == [("None", f"sha256 {further.sha256[:16]}"), ("1", "2")]
    assert "Everything else is the same: subject, subject photo, cut-out, scene, prompt" in text(response)


def test_it_says_when_nothing_differs(brand: Brand, reviewer: User) -> None:
    one = make_review(brand)
    made_from = one.output.generation
    same = {
        name: getattr(made_from, name)
        for name in ("subject", "scene_version", "prompt_version", "output_format")
    }
    response = client_of(reviewer).get(address("compare"), {"pick": [one.pk, make_review(brand, **same).pk]})
    assert "both were made from exactly the same inputs" in text(response)
    assert "the same, byte for byte" in text(response)


@pytest.mark.parametrize("picked", [[], ["1"], ["1", "1"], ["1", "2", "3"], ["a", "b"]])
def test_it_compares_two_and_no_other_number(brand: Brand, reviewer: User, picked: list[str]) -> None:
    response = client_of(reviewer).get(address("compare"), {"pick": picked})
    assert response.status_code == 422
    assert "Choose two pictures in the library" in text(response)


def test_it_takes_a_version_back(brand: Brand, reviewer: User) -> None:
    version = make_published(brand)
    there = client_of(reviewer).post(address("unpublish", version.asset.name, 1), follow=True)
    page = text(there)
    assert "version 1 is taken back" in page
    assert "its addresses answer 410" in page
    assert "Unpublish" not in page
    assert Client().get(version.renditions.get().stable_path).status_code == 410


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "-1", "two", "²", "٣"])
def test_it_overlooks_numbers_that_are_none(brand: Brand, reviewer: User, number: str) -> None:
    review = make_review(brand)
    client = client_of(reviewer)
    response = client.get(address("desk"), {"after": number})
    assert response["Location"] == address("show", review.pk)
    response = client.get(address("compare"), {"pick": [str(review.pk), number]})
    assert response.status_code == 422

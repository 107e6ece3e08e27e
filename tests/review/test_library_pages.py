"""The library: how pictures are found in it, where they came from, compared and taken back."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, User
from review import library
from tests.factories import make_brand, make_reference, make_scene, make_subject, make_user
from tests.review.factories import make_published, make_review
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db


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

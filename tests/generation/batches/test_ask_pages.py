"""The page that asks for many pictures, without a browser."""

from typing import Any

import pytest
from django.test import Client

from brandkit.accounts.models import Brand, User
from generation.models import Batch, Generation, Priority, Subject
from tests.factories import (
    add_line,
    make_batch,
    make_brand,
    make_format,
    make_generation,
    make_subject,
)
from tests.generation.batches.pages import HTMX, address, grid, queries_of, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("providers")]


def test_it_starts_a_batch_of_what_is_chosen(client: Client, brand: Brand, designer: User) -> None:
    given = grid(brand)
    asked = {**given, "variations": "2", "priority": "3", "name": "Spring", "provider": "other"}
    answer = client.post(address(brand, "start"), asked)
    batch = Batch.objects.get()
    assert answer["Location"] == address(brand, "show", batch.pk)
    assert (batch.name, batch.priority, batch.provider) == ("Spring", Priority.HIGH, "other")
    assert (batch.requested_by, batch.progress.wanted) == (designer, 12)
    lines = batch.lines.values_list("number", "subject", "variations")
    assert list(lines) == [(n, pk, 2) for n, pk in enumerate(given["subject"], start=1)]
    assert Generation.objects.filter(batch=batch).count() == 12


def test_it_names_a_batch_by_what_is_in_it(client: Client, brand: Brand) -> None:
    client.post(address(brand, "start"), grid(brand))
    name = Batch.objects.get().name
    assert name.startswith("3 photos in Scene-")


def test_it_takes_all_that_a_search_finds_and_all_of_a_batch_once(client: Client, brand: Brand) -> None:
    given = grid(brand, things=1)
    plum, pear = make_subject(brand, name="Red plum"), make_subject(brand, sku="PLUM-7")
    make_subject(brand, name="Apple")
    make_subject(make_brand(), name="Another brand's plum")
    earlier = make_batch(brand)
    add_line(earlier, [make_generation(brand, subject=plum)])
    kept = make_subject(brand, name="Kept from before")
    add_line(earlier, [make_generation(brand, subject=kept)])
    client.post(address(brand, "start"), {**given, "found": ["plum"], "of": [earlier.pk]})
    batch = Batch.objects.latest("pk")
    wanted = [*given["subject"], plum.pk, pear.pk, kept.pk]
    assert list(batch.lines.order_by("number").values_list("subject", flat=True)) == sorted(wanted)


def test_it_takes_nothing_of_another_brand(client: Client, brand: Brand) -> None:
    other = make_brand()
    theirs = make_subject(other)
    batch = make_batch(other)
    add_line(batch, [make_generation(other, subject=theirs)])
    asked = {**grid(brand, things=0), "subject": theirs.pk, "of": batch.pk}
    assert "Choose at least one photo." in text(client.post(address(brand, "start"), asked), 422)
    assert not Batch.objects.filter(brand=brand).exists()


def test_it_tells_what_it_comes_to_and_asks_for_nothing(client: Client, brand: Brand) -> None:
    given = grid(brand)
    client.post(address(brand, "start"), {**given, "subject": given["subject"][:1]})
    before = Generation.objects.count(), Batch.objects.count()
    told = text(client.post(address(brand, "look"), given, headers=HTMX))
    assert '<strong class="big">6</strong> pictures' in told
    assert "3 photos × 2 scenes × 1 format" in told
    assert "<dt>New</dt> <dd> 4 </dd>" in told
    assert '2 <span class="soft small">used again, nothing is paid</span>' in told
    assert "about $2.00" in told
    assert (Generation.objects.count(), Batch.objects.count()) == before


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ({"subject": []}, "Choose photos, and see here what it comes to."),
        ({"scene": [], "format": []}, "Choose a scene and a format, and see here what it comes to."),
        ({"variations": "0"}, "Ask for 1 to 20 variations of each."),
        ({"variations": "many"}, "Ask for 1 to 20 variations of each."),
        ({"scene": ["999999999"]}, "A scene that you chose is no longer offered. Load the page again."),
    ],
)
def test_it_says_what_is_missing_or_wrong(
    client: Client, brand: Brand, without: dict[str, Any], words: str
) -> None:
    assert words in text(client.post(address(brand, "look"), {**grid(brand), **without}, headers=HTMX))


def test_it_keeps_the_choice_where_it_can_not_start(client: Client, brand: Brand) -> None:
    given = {**grid(brand), "variations": "99", "name": "Autumn"}
    told = text(client.post(address(brand, "start"), given), 422)
    assert "Ask for 1 to 20 variations of each." in told
    assert 'value="Autumn"' in told
    assert told.count(" checked") == 3 + 2 + 1 + 2  # photos, scenes, the format; provider and priority
    assert not Batch.objects.exists()


def test_it_does_not_start_more_than_a_batch_holds(client: Client, brand: Brand, monkeypatch: Any) -> None:
    monkeypatch.setattr("generation.batches.forms.MOST_PICTURES", 5)
    told = text(client.post(address(brand, "start"), grid(brand)), 422)
    assert "That would be 6 pictures of 3 photos. One batch has at most 5 of 100,000." in told
    assert not Batch.objects.exists()


def test_it_works_without_scripts(client: Client, brand: Brand) -> None:
    given = grid(brand, things=2)
    searched = client.post(address(brand, "look"), {**given, "q": "nothing like it"})
    assert "No photo has this name" not in text(searched)  # the ticked ones stay
    taken = client.post(address(brand, "look"), {**given, "subject": [], "q": "", "add": "found"})
    assert 'Every photo</span> <span class="soft small">2 photos</span>' in text(taken)
    dropped = client.post(address(brand, "look"), {**given, "found": "", "drop": "found:"})
    assert "Every photo</span>" not in text(dropped)


def test_it_drops_formats_that_the_provider_can_not_make(client: Client, brand: Brand) -> None:
    given = grid(brand)
    large = make_format(brand, width=4000, height=4000)
    told = text(
        client.post(address(brand, "look"), {**given, "format": [*given["format"], large.pk]}, headers=HTMX)
    )
    assert "1 format" in told


def test_it_spreads_an_estimate_over_all_lines(client: Client, brand: Brand, monkeypatch: Any) -> None:
    """What is there already is at the front; an estimate that looked only there would say that all is."""
    monkeypatch.setattr("generation.batches.ask_pages.LOOKED_AT", 20)
    given = grid(brand, things=24)
    client.post(address(brand, "start"), {**given, "subject": given["subject"][:12]})
    found = client.post(address(brand, "look"), given, headers=HTMX).context["asked"].sum().estimate
    assert (found.pictures, found.exact) == (48, False)
    assert 10 <= found.new <= 38


def test_choosing_asks_no_more_for_more_photos(client: Client, brand: Brand) -> None:
    given = grid(brand, things=2)
    path = address(brand, "look")
    client.post(path, given)
    fewer = queries_of(client, path, given)
    more = [*given["subject"], *(make_subject(brand).pk for _ in range(6))]
    assert queries_of(client, path, {**given, "subject": more}) == fewer < 30
    assert Subject.objects.count() == 8

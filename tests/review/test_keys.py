"""What each key does, and each person's own choice of them."""

import json
from html.parser import HTMLParser

import pytest

from brandkit.accounts.models import Brand, Role, User
from review import keys
from review.models import DeskKeys
from tests.factories import make_user
from tests.review.pages import address, client_of, text

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_it_gives_no_key_to_two_actions_of_a_place() -> None:
    for place in (keys.DESK, keys.GRID):
        here = [action for action in keys.ACTIONS if place in action.places]
        assert len({action.key for action in here}) == len(here)
    assert [keys.read(keys.readable(key)) for key in keys.USUAL.values()] == list(keys.USUAL.values())


def test_it_tells_a_page_the_keys_of_its_place(reviewer: User) -> None:
    desk, grid = keys.for_page(reviewer), keys.for_page(reviewer, keys.GRID)
    assert desk["on"]
    assert desk["keys"]["changes"] == "c"
    assert "grid-all" not in desk["keys"]
    assert grid["keys"] == {
        "approve": "a",
        "reject": "r",
        "undo": "u",
        "filters": "f",
        "grid": "g",
        "help": "?",
        "grid-all": "e",
    }


def test_it_keeps_what_differs_and_for_one_person_only(brand: Brand, reviewer: User) -> None:
    keys.set_keys(
        user=reviewer, keys={"approve": "Y", "reject": "r", "skip": "", "pan-up": "page up"}, on=True
    )
    assert DeskKeys.objects.get().keys == {"approve": "y", "skip": "", "pan-up": "PageUp"}
    mine = keys.for_page(reviewer)["keys"]
    assert (mine["approve"], mine["reject"], "skip" in mine) == ("y", "r", False)
    assert keys.for_page(make_user(brand, Role.REVIEWER))["keys"]["approve"] == "a"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A", "a"),
        (" q ", "q"),
        ("←", "ArrowLeft"),
        ("left", "ArrowLeft"),
        ("Page Down", "PageDown"),
        ("ф", "ф"),
    ],
)
def test_it_reads_a_key_as_people_write_it(text: str, key: str) -> None:
    assert keys.read(text) == key


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (
            {"approve": "r"},
            {"approve": "R is the key for “Reject”, too.", "reject": "R is the key for “Approve”, too."},
        ),
        ({"skip": "Tab"}, {"skip": "Tab goes from one thing to the next, so it can't be given away."}),
        ({"skip": " "}, {"skip": "Space presses buttons and picks pictures, so it can't be given away."}),
        ({"skip": "F5"}, {"skip": "One key, please: a letter, a digit, a sign, or an arrow."}),
        ({"skip": "\0"}, {"skip": "One key, please: a letter, a digit, a sign, or an arrow."}),
        ({"dance": "d"}, {"dance": "There is no action 'dance'."}),
    ],
)
def test_it_refuses_keys_that_cannot_be(
    reviewer: User, given: dict[str, str], errors: dict[str, str]
) -> None:
    with pytest.raises(keys.BadKeys) as told:
        keys.set_keys(user=reviewer, keys=given, on=True)
    assert told.value.errors == errors
    assert not DeskKeys.objects.exists()


def test_it_lets_desk_and_grid_use_the_same_key_each_for_its_own(reviewer: User) -> None:
    keys.set_keys(user=reviewer, keys={"grid-all": "s"}, on=True)
    assert keys.for_page(reviewer)["keys"]["skip"] == "s"
    assert keys.for_page(reviewer, keys.GRID)["keys"]["grid-all"] == "s"


def test_it_takes_no_key_away_that_a_later_action_would_like(reviewer: User) -> None:
    DeskKeys.objects.create(user=reviewer, keys={"approve": "x", "gone": "w"})
    mine = keys.for_page(reviewer)["keys"]
    assert mine["approve"] == "x"
    assert "zoom-4" not in mine
    assert "gone" not in mine


def test_it_shows_no_keys_where_they_are_off(reviewer: User) -> None:
    keys.set_keys(user=reviewer, keys={}, on=False)
    assert keys.for_page(reviewer)["on"] is False
    assert {key for _, actions in keys.help_for(reviewer) for _, _, key in actions} == {""}


def test_it_brings_the_usual_keys_back_and_leaves_them_off(reviewer: User) -> None:
    keys.set_keys(user=reviewer, keys={"approve": "y"}, on=False)
    keys.reset(user=reviewer)
    assert keys.of(reviewer) == (False, keys.USUAL)


def test_its_page_saves_and_says_so(brand: Brand, reviewer: User) -> None:
    client = client_of(reviewer)
    fields = fields_of(client.get(address("keys")).content.decode())
    assert fields["approve"] == "A"
    assert fields["pan-left"] == "←"
    page = client.post(address("keys-save"), {**fields, "approve": "q", "on": "on"}, follow=True)
    assert "Your keys are saved." in text(page)
    assert keys.of(reviewer) == (True, {**keys.USUAL, "approve": "q"})
    page = client.post(address("keys-save"), {"reset": "1"}, follow=True)
    assert "The usual keys are back." in text(page)
    assert keys.of(reviewer) == (True, keys.USUAL)


def test_its_page_tells_beside_the_field_what_cannot_be(brand: Brand, reviewer: User) -> None:
    page = client_of(reviewer).post(address("keys-save"), {"approve": "Enter", "on": "on"})
    assert page.status_code == 422
    shown = page.content.decode()
    assert fields_of(shown)["approve"] == "Enter"
    assert 'aria-describedby="wrong-approve"' in shown
    assert "Enter presses buttons and sends forms, so it can&#x27;t be given away." in shown
    assert "1 key needs another choice" in text(page)
    assert not DeskKeys.objects.exists()


def test_its_table_can_be_said_in_a_page(reviewer: User) -> None:
    assert json.loads(json.dumps(keys.for_page(reviewer))) == keys.for_page(reviewer)


def fields_of(page: str) -> dict[str, str]:
    """The value of each text field."""
    found: dict[str, str] = {}

    class Fields(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            told = dict(attrs)
            if tag == "input" and told.get("type") == "text":
                found[str(told["name"])] = told.get("value") or ""

    Fields().feed(page)
    return found

"""What people are told: the page, the bell, and what counts as seen."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from brandkit.accounts.models import Brand, Notice, User
from brandkit.accounts.notices import tell
from tests.factories import make_user
from tests.pages.conftest import Visit, assert_accessible, assert_fits, shoot

PAGE = "/notices/"


@pytest.fixture
def dana(brand: Brand) -> User:
    return make_user(brand, email="dana@example.com")


def told(user: User, words: str = "The run “Spring” has ended.", **more: Any) -> Notice:
    tell([user], **{"brand": user.memberships.get().brand, "kind": "batch.ended", "words": words, **more})
    return Notice.objects.latest("id")


def page_of(client: Client, user: User, query: str = "") -> str:
    client.force_login(user)
    return client.get(f"{PAGE}{query}").content.decode()


@pytest.mark.django_db
class TestPage:
    def test_it_tells_everybody_once_who_is_still_there(self, brand: Brand, dana: User) -> None:
        left = make_user(brand, is_active=False)
        tell(
            [dana, dana, left], brand=brand, kind="budget.warned", words="80 % is spent.", path="/b/x/spend/"
        )
        [notice] = Notice.objects.all()
        assert (notice.user, notice.brand, notice.path, notice.seen_at) == (dana, brand, "/b/x/spend/", None)

    def test_it_shows_what_is_ones_own(self, client: Client, brand: Brand, dana: User) -> None:
        told(make_user(brand), "Not for Dana.")
        told(dana, "For <Dana>.")
        page = page_of(client, dana)
        assert "For &lt;Dana&gt;." in page
        assert "Not for Dana." not in page
        assert f"{brand} ·" in page

    def test_opening_one_leads_there_and_counts_as_seen(self, client: Client, dana: User) -> None:
        first, second = told(dana, path="/b/x/batches/1/"), told(dana)
        assert "Notices: 2 new" in page_of(client, dana)
        answer = client.get(reverse("web:notice", args=[first.pk]))
        assert (answer.status_code, answer["Location"]) == (302, "/b/x/batches/1/")
        assert "Notices: 1 new" in page_of(client, dana)
        assert client.get(reverse("web:notice", args=[second.pk]))["Location"] == PAGE
        assert "Notices: 1 new" in page_of(client, dana), "it leads nowhere: looking alone changes nothing"
        client.post(reverse("web:notices-seen"), {"one": second.pk})
        assert 'aria-label="Notices"' in page_of(client, dana)

    @pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
    def test_it_leads_nowhere_else(self, client: Client, dana: User, path: str) -> None:
        client.force_login(dana)
        assert client.get(reverse("web:notice", args=[told(dana, path=path).pk]))["Location"] == PAGE

    def test_nobody_sees_anothers(self, client: Client, brand: Brand, dana: User) -> None:
        notice = told(make_user(brand))
        client.force_login(dana)
        assert client.get(reverse("web:notice", args=[notice.pk])).status_code == 404
        for name in ("newest", "one"):
            assert client.post(reverse("web:notices-seen"), {name: notice.pk}).status_code == 302
        notice.refresh_from_db()
        assert notice.seen_at is None

    def test_all_that_were_on_the_page_are_seen(self, client: Client, dana: User) -> None:
        old, later = told(dana), told(dana)
        client.force_login(dana)
        client.post(reverse("web:notices-seen"), {"newest": old.pk})
        assert list(Notice.objects.filter(seen_at=None)) == [later]
        for nonsense in ("", "x", "-1", str(10**30)):
            assert client.post(reverse("web:notices-seen"), {"newest": nonsense}).status_code == 302
        assert list(Notice.objects.filter(seen_at=None)) == [later]

    def test_what_was_seen_stays_seen_since_then(self, client: Client, dana: User) -> None:
        notice, then = told(dana, path="/"), timezone.now() - timedelta(days=3)
        Notice.objects.update(seen_at=then)
        client.force_login(dana)
        client.get(reverse("web:notice", args=[notice.pk]))
        notice.refresh_from_db()
        assert notice.seen_at == then

    def test_it_goes_back_page_by_page(
        self, client: Client, dana: User, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(65):
            told(dana, f"Number {number}.")
        client.force_login(dana)
        found, query = [], ""
        for _ in range(3):
            with django_assert_max_num_queries(8):
                page = client.get(f"{PAGE}{query}").content.decode()
            found += re.findall(r'words">Number (\d+)\.', page)
            link = re.search(r'href="(\?before=\d+)">Older', page)
            query = link[1] if link else ""
        assert found == [str(number) for number in reversed(range(65))]
        assert query == ""

    def test_the_bell_counts_no_further_than_it_shows(self, client: Client, dana: User) -> None:
        Notice.objects.bulk_create(Notice(user=dana, kind="x", words="x") for _ in range(120))
        assert "Notices: 99+ new" in page_of(client, dana)

    def test_one_can_do_without_mail(self, client: Client, dana: User, settings: Any) -> None:
        settings.BRANDKIT_SENDS_MAIL = True
        assert "Send notices to dana@example.com, too" in page_of(client, dana)
        client.post(reverse("web:notices-mail"), {})
        dana.refresh_from_db()
        assert told(dana).mail_at is None
        client.post(reverse("web:notices-mail"), {"mail": "on"})
        dana.refresh_from_db()
        assert told(dana).mail_at is not None

    def test_one_chooses_how_often_verdicts_are_told(self, client: Client, dana: User) -> None:
        assert re.search(r'value="soon"\s+checked', page_of(client, dana))
        answer = client.post(reverse("web:notices-verdicts"), {"often": "daily"}, follow=True)
        assert "Verdicts on your pictures: once a day." in answer.content.decode()
        assert client.post(reverse("web:notices-verdicts"), {"often": "hourly"}).status_code == 422
        dana.refresh_from_db()
        assert dana.verdict_notices == User.Gathered.DAILY

    def test_it_says_why_there_is_no_mail(
        self, client: Client, brand: Brand, dana: User, settings: Any
    ) -> None:
        assert "This install sends no e-mail." in page_of(client, dana)
        settings.BRANDKIT_SENDS_MAIL = True
        assert "You have no e-mail address here." in page_of(client, make_user(brand))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_shows_reads_and_marks_in_a_browser(visit: Visit, dana: User, settings: Any) -> None:
    settings.BRANDKIT_SENDS_MAIL = True
    page = visit(PAGE, dana)
    expect(page.get_by_role("heading", name="Nothing to tell you yet")).to_be_visible()
    assert_accessible(page)
    for number in range(4):
        told(dana, f"The run “Spring {number}” has ended: 1,200 pictures are there.", path="/")
    told(dana, "80 % of the budget of November is spent. An owner can raise it.")
    page = visit(PAGE, dana)
    expect(page.get_by_role("link", name="Notices: 5 new")).to_be_visible()
    expect(page.get_by_text("New", exact=True)).to_have_count(5)
    page.get_by_role("link", name=re.compile("^See it.*Spring 3")).click()
    page.goto(PAGE)
    expect(page.get_by_text("New", exact=True)).to_have_count(4)
    shoot(page, "notices")
    assert_accessible(page)
    phone = visit(PAGE, dana, width=390, height=800, dark=True)
    shoot(phone, "notices-phone-dark")
    assert_accessible(phone)
    assert_fits(phone)
    phone.get_by_role("button", name="Mark all as seen").click()
    expect(phone.get_by_role("link", name="Notices", exact=True)).to_be_visible()
    expect(phone.get_by_text("New", exact=True)).to_have_count(0)
    phone.get_by_role("checkbox").uncheck()
    phone.get_by_role("button", name="Save").last.click()
    expect(phone.get_by_text("They come to this page only.")).to_be_visible()
    dana.refresh_from_db()
    assert dana.mail_notices is False

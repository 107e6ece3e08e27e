"""The trail in the admin: the newest events, of the brands that one manages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brandkit.accounts.admin import EventAdmin, Newest
from brandkit.accounts.models import Brand, Role
from brandkit.common.models import Event, record
from tests.factories import make_brand, make_format, make_subject, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("operator", [True, False])
def test_it_shows_the_newest_and_counts_no_further(
    brand: Brand, operator: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Newest, "MOST", 3)
    monkeypatch.setattr(EventAdmin, "list_per_page", 2)
    subject, output_format = make_subject(brand), make_format(brand)
    Event.objects.all().delete()
    for number in range(4):
        record(f"subject.seen_{number}", subject)
    record("format.seen", output_format)
    record("format.elsewhere", make_format(make_brand()))
    client = Client()
    client.force_login(make_user(brand, Role.OWNER, is_superuser=operator))

    def kinds(**query: str) -> tuple[int, list[str]]:
        found: Any = client.get(reverse("admin:common_event_changelist"), query).context["cl"]
        return found.paginator.count, [event.kind for event in found.result_list]

    assert kinds() == (
        3,
        ["format.elsewhere", "format.seen"] if operator else ["format.seen", "subject.seen_3"],
    )
    assert kinds(p="2") == (3, ["subject.seen_3"] if operator else ["subject.seen_2"])
    assert kinds(of="generation.subject") == (3, ["subject.seen_3", "subject.seen_2"])
    assert kinds(q="seen_2") == (1, ["subject.seen_2"])

"""The OpenAPI file is what the code does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from openapi_spec_validator import validate
from rest_framework.test import APIClient

CHECKED_IN = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(CHECKED_IN.read_text())


def operations(document: Any) -> list[tuple[str, Any]]:
    return [
        (f"{verb.upper()} {path}", one)
        for path, verbs in document["paths"].items()
        for verb, one in verbs.items()
    ]


def test_the_file_is_equal_to_the_code(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(made), "--validate", "--fail-on-warn")
    assert made.read_text() == CHECKED_IN.read_text(), (
        "Make it anew: manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"
    )


def test_the_file_is_valid(document: Any) -> None:
    validate(document)


@pytest.mark.django_db
@pytest.mark.one_database
def test_it_is_served_without_sign_in(document: Any) -> None:
    response = APIClient().get("/api/v1/openapi.json")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert response.json() == document


def test_every_operation_has_a_summary_and_a_name_of_its_own(document: Any) -> None:
    found = operations(document)
    assert len(found) > 25
    assert all(one["summary"] for _, one in found)
    names = [one["operationId"] for _, one in found]
    assert len(set(names)) == len(names)


def test_every_refusal_is_a_problem(document: Any) -> None:
    for name, one in operations(document):
        refusals = {status: answer for status, answer in one["responses"].items() if int(status) >= 400}
        assert "401" in refusals, name
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values()), (
            name
        )


def test_only_signing_in_needs_no_token(document: Any) -> None:
    assert [name for name, one in operations(document) if not one.get("security")] == ["POST /api/v1/login"]

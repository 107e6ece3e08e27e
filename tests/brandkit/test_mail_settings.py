"""E-mail, from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment
from brandkit.mail_settings import mail, own_address

HERE = "https://pictures.example.com"


def given(monkeypatch: pytest.MonkeyPatch, server: str, url: str = HERE) -> dict[str, object]:
    monkeypatch.setenv("BRANDKIT_EMAIL_URL", server)
    return mail(Environment(), url)


def test_it_is_none_unless_a_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRANDKIT_EMAIL_URL", raising=False)
    assert "EMAIL_BACKEND" not in mail(Environment(), "")


def test_it_reads_a_server_with_name_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(monkeypatch, "smtp+tls://dana%40example.com:p%3Ass@mail.example.com")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == (
        "mail.example.com",
        587,
        True,
    )
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("dana@example.com", "p:ss")
    assert found["DEFAULT_FROM_EMAIL"] == "brandkit@pictures.example.com"


@pytest.mark.parametrize(
    ("server", "port"), [("smtp://m", 25), ("smtp+ssl://m", 465), ("smtp://m:2525", 2525)]
)
def test_it_knows_the_usual_ports(monkeypatch: pytest.MonkeyPatch, server: str, port: int) -> None:
    assert given(monkeypatch, server)["EMAIL_PORT"] == port


def test_the_sender_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_EMAIL_FROM", "Pictures <pictures@example.com>")
    assert given(monkeypatch, "smtp://m")["DEFAULT_FROM_EMAIL"] == "Pictures <pictures@example.com>"


@pytest.mark.parametrize(
    "server",
    ["mail.example.com", "smtp://", "http://u:s3cret@m", "smtp://u:s3cret@m:port", "smtp://u:s3cret@[m"],
)
def test_what_can_not_be_read_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match="BRANDKIT_EMAIL_URL can't be read") as told:
        given(monkeypatch, server)
    assert "s3cret" not in str(told.value)


def test_mails_need_to_know_where_they_link_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set BRANDKIT_URL"):
        given(monkeypatch, "smtp://m", url="")


@pytest.mark.parametrize(
    "url", ["pictures.example.com", "ftp://x", "https://", "https://x/path", "https://x?q"]
)
def test_it_wants_a_plain_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BRANDKIT_URL", url)
    with pytest.raises(ImproperlyConfigured, match="BRANDKIT_URL must be like"):
        own_address(Environment())


def test_an_address_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_URL", "https://pictures.example.com/")
    assert own_address(Environment()) == HERE

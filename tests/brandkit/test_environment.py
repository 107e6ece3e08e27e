"""Settings that can't be read."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment


def test_it_names_the_setting_that_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_LEASE_SECONDS", "a minute")
    with pytest.raises(ImproperlyConfigured, match=r"BRANDKIT_LEASE_SECONDS can't be read: .*'a minute'"):
        Environment().int("BRANDKIT_LEASE_SECONDS", 60)


def test_it_reads_what_is_there_and_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDKIT_LEASE_SECONDS", "30")
    assert Environment().int("BRANDKIT_LEASE_SECONDS", 60) == 30
    assert Environment().int("BRANDKIT_NO_SUCH_SETTING", 60) == 60

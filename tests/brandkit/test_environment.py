"""Settings that can't be read."""

import os
import subprocess
import sys
from pathlib import Path

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


def test_it_tells_the_operator_in_one_line_what_stops_the_start() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "brandkit.settings", "BRANDKIT_TOKEN_DAYS": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    [line] = ended.stderr.splitlines()
    assert line.startswith("brandkit can't start: BRANDKIT_TOKEN_DAYS can't be read:")
    assert (ended.returncode, ended.stdout) == (1, "")

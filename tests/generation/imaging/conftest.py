"""What is left behind by opening a photo: watched around every test of this folder that asks for it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.imaging import sandbox


def children_of(pid: int | None) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def open_files() -> list[str]:
    """What each open file is, without the running numbers of sockets and pipes."""
    links = list(Path("/proc/self/fd").iterdir())
    return sorted(re.sub(r"\d+", "", str(link.readlink())) for link in links if link.is_symlink())


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No temporary file, open file or child process is there after the test that was not before."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    sandbox.run("os.getpid", files=(), bounds=sandbox.BOUNDS)  # the process beside stays
    before = Counter(open_files())
    yield
    assert list(temporary.iterdir()) == []
    assert Counter(open_files()) - before == Counter()  # what other tests left may go meanwhile
    assert children_of(sandbox.process_id()) == []

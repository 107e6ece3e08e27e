"""Whether long lists stay as quick as short ones: pages and API at 1,000 and at 1,000,000 rows.

Run as `python -m bench.lists`. For SQLite and for PostgreSQL two databases are filled (`bench.many_rows`):
the same brand with so many pictures, each waiting for its verdict and all in one batch, later all published.
Every list is asked for at its first page and deep in it, in turns from both databases, whole: the view, its
queries and its template. The best of several runs counts. A page of the large one may take at most twice as
long as of the small one, and asks exactly as many queries; a deep page as many as the first one. Ends with
status 1 otherwise.

PostgreSQL: the server that BRANDKIT_TEST_POSTGRES names, else the one on this machine; the databases made
there are dropped at the end. Without a server it is skipped, and with CI=true that is a failure.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

from bench.database import own_database
from bench.many_rows import BASE, BATCH, KINDS, PUBLISH

GOAL = 2.0
FEW, MANY = 1_000, 1_000_000
RUNS = 15
NEAR = 240
"""A deep page starts so many rows before the end of its list."""
ROOT = Path(__file__).parent.parent


def cursor(position: str) -> str:
    """As the API's own links have it."""
    return quote(b64encode(f"p={position}".encode()).decode())


LIBRARY, API = "/b/many/library/", "/api/v1"
SCENE = "scene=scene-1"
TURNS = f"batch={BATCH}&order=priority"
# first page, and the same list deep down; {old} is near the oldest row, {new} near the newest.
WAITING = [
    ("/b/many/review/", "/b/many/review/?after={new}"),
    ("/b/many/review/{first}/", "/b/many/review/{new}/"),
    (f"/b/many/review/?{TURNS}", f"/b/many/review/?{TURNS}&after={{new}}"),
    (f"/b/many/review/{{first}}/?part=desk&{TURNS}", f"/b/many/review/{{new}}/?part=desk&{TURNS}"),
    ("/b/many/review/grid/", "/b/many/review/grid/?after={new}"),
    (f"/b/many/review/grid/?{TURNS}", f"/b/many/review/grid/?{TURNS}&after={{new}}"),
    (f"{API}/reviews", f"{API}/reviews?cursor={{cursor_new}}"),
    ("/b/many/studio/", "/b/many/studio/pictures/older?before={old}"),
    (f"{API}/generations", f"{API}/generations?cursor={{cursor_old}}"),
    (f"{API}/outputs", f"{API}/outputs?cursor={{cursor_old}}"),
    ("/admin/common/event/", "/admin/common/event/?p=5"),
    (f"/b/many/batches/{BATCH}/", f"/b/many/batches/{BATCH}/?after={{line}}"),
    (f"/b/many/batches/{BATCH}/?state=failed", f"/b/many/batches/{BATCH}/?state=failed&after={{line}}"),
]
PUBLISHED = [
    (LIBRARY, f"{LIBRARY}?before={{old}}"),
    (f"{LIBRARY}?{SCENE}", f"{LIBRARY}?{SCENE}&before={{old}}"),
    (f"{LIBRARY}?{SCENE}&format=format-1", f"{LIBRARY}?{SCENE}&format=format-1&before={{old}}"),
    (f"{LIBRARY}?state=recalled", f"{LIBRARY}?state=recalled&before={{old}}"),
    (f"{LIBRARY}?subject=cup", f"{LIBRARY}?subject=cup&before={{old}}"),
    (f"{API}/assets", f"{API}/assets?cursor={{cursor_old}}"),
]


@dataclass
class Server:
    """A process with so many rows."""

    rows: int
    process: "subprocess.Popen[str]"

    def ask(self, line: str) -> dict[str, Any]:
        assert self.process.stdin
        print(self.filled_in(line), file=self.process.stdin, flush=True)
        return dict(json.loads(said(self.process.stdout)))

    def filled_in(self, path: str) -> str:
        old, new = str(BASE + NEAR), str(BASE + self.rows - NEAR)
        places = {"{old}": old, "{new}": new, "{first}": str(BASE + 2)}
        places["{line}"] = str(BASE + (self.rows - NEAR) // KINDS)
        places |= {"{cursor_old}": cursor(old), "{cursor_new}": cursor(new)}
        for name, value in places.items():
            path = path.replace(name, value)
        return path


def said(stream: IO[str] | None) -> str:
    assert stream
    line = stream.readline()
    assert line, "the other process has ended"
    return line.strip()


@contextmanager
def server(rows: int, postgres: str) -> Iterator[Server]:
    """On a database of its own: SQLite where no PostgreSQL is given."""
    with tempfile.TemporaryDirectory() as folder, own_database(folder, postgres) as url:
        command = [sys.executable, "-m", "bench.many_rows", str(rows)]
        environment = {**os.environ, "DATABASE_URL": url}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe
        ) as process:
            try:
                began = time.perf_counter()
                assert said(process.stdout) == "ready"
                print(f"  {rows:,} rows of each in {time.perf_counter() - began:.0f} s", flush=True)
                yield Server(rows, process)
            finally:
                process.terminate()


def compare(few: Server, many: Server, path: str, words: str) -> tuple[bool, int]:
    """Print how a page does; whether it is within its goal, and its queries."""
    answers = [(few.ask(path), many.ask(path)) for _ in range(RUNS)]
    small, large = (min(answer[which]["seconds"] for answer in answers) for which in (0, 1))
    asked = [answer["queries"] for answer in answers[-1]]
    good = large <= GOAL * small and asked[0] == asked[1]
    told = f"{asked[0]} queries" if asked[0] == asked[1] else f"{asked[0]} and {asked[1]} QUERIES"
    print(
        f"  {words:<5} {path:<62} {1000 * small:6.1f} ms, {1000 * large:6.1f} ms, "
        f"ratio {large / small:.2f} (goal at most {GOAL:.0f}) {told} {'ok' if good else 'OVER'}",
        flush=True,
    )
    return good, asked[1]


def measure(name: str, postgres: str) -> bool:
    print(f"lists on {name}", flush=True)
    good = True
    with ExitStack() as stack:
        few, many = (stack.enter_context(server(rows, postgres)) for rows in (FEW, MANY))
        for lists in (WAITING, PUBLISHED):
            for first, deep in lists:
                fits, _ = compare(few, many, first, "first")
                deep_fits, _ = compare(few, many, deep, "deep")
                good = good and fits and deep_fits
            if lists is WAITING:
                few.ask(PUBLISH), many.ask(PUBLISH)
    return good


def postgres_server() -> str:
    """The address of a PostgreSQL that answers; "" where there is none."""
    address = os.environ.get("BRANDKIT_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.OperationalError:
        print(f"!!! No PostgreSQL at {address}: SKIPPED. Set BRANDKIT_TEST_POSTGRES.", flush=True)
        return ""
    return address


def main() -> int:
    good = measure("SQLite", "")
    if postgres := postgres_server():
        good = measure("PostgreSQL", postgres) and good
    elif os.environ.get("CI") == "true":
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

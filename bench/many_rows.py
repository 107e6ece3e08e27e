"""A brand with as many rows of everything as wanted, and its pages on request: the other side of bench.lists.

Run as `python -m bench.many_rows 1000000`, with DATABASE_URL naming an empty database. One row of each kind
is made as tests make it, with real small files; the others are copied from it in the database, so they share
its files. Says "ready" when that is done, then answers each line on its standard input with one of JSON:
a path with the seconds that its page took and the queries that it asked; PUBLISH once all that waited for its
verdict is published; SERVE with the address of a server on all this, and the cookie that signs in there.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

    from review.models import AssetVersion, Review

PUBLISH, SERVE = "publish", "serve"
BASE = 1000
"""The number that the rows are counted from; what stands below is one of each kind."""
SCENES, FORMATS = 4, 3
KINDS = SCENES * FORMATS
BATCH = 1
DUE = 24
"""Hours after which a review is overdue."""


def set_up() -> None:
    import django
    from django.core.management import call_command

    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
    django.setup()
    call_command("migrate", verbosity=0)


def first_of_each() -> "AssetVersion":
    """A published picture of the brand "many", with all that came before it."""
    from brandkit.accounts.models import Role
    from tests.factories import make_brand, make_format, make_prompt, make_scene, make_subject, make_user
    from tests.review.factories import make_published

    brand = make_brand(slug="many", review_due_hours=DUE)
    scenes = [make_scene(brand, slug=f"scene-{n}") for n in range(SCENES)]
    formats = [make_format(brand, slug=f"format-{n}") for n in range(FORMATS)]
    made = {"scene_version": scenes[-1], "output_format": formats[-1]}
    made |= {"subject": make_subject(brand), "prompt_version": make_prompt(brand)}
    designer, rita = make_user(brand), make_user(brand, Role.OWNER, username="rita", is_superuser=True)
    assert rita.pk == designer.pk + 1
    return make_published(brand, by=rita, **made)


def copy(row: "Model", rows: int, **fields: str) -> None:
    """Copies of `row`, numbered from BASE on. fields: what is not the same, in SQL; `n` counts from 1."""
    from django.db import connection

    quote, table = connection.ops.quote_name, row._meta.db_table
    fields = {"id": f"{BASE} + n", **fields}
    names = [field.column for field in row._meta.concrete_fields if field.column]
    values = ", ".join(fields.get(name, quote(name)) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(table)} ({', '.join(map(quote, names))}) "  # noqa: S608 -- our own names
            f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {rows}) "
            f"SELECT {values} FROM {quote(table)}, counted WHERE {quote(table)}.{quote('id')} = {row.pk}"
        )


def fill(rows: int) -> "AssetVersion":
    """So many pictures in one batch that wait for their verdict; rita asked for half, half is overdue.

    One in ten has failed, so that its batch has something to tell; its picture is there all the same. One in
    ten is flagged.
    """
    from django.utils import timezone

    from brandkit.common.models import Event
    from review.models import Review

    first = first_of_each()
    hurry()
    review, output = first.review, first.review.output
    generation, same = output.generation, {"generation_id": f"{BASE} + n", "output_id": f"{BASE} + n"}
    line, item = batch_of(generation, rows)
    subject = f"{BASE} + (n - 1) / {KINDS} + 1"
    designer = first.published_by_id - 1
    asked = {"requested_by_id": f"{designer} + n % 2"}
    made_in = {
        "scene_version_id": f"{generation.scene_version_id} - n % {SCENES}",
        "output_format_id": f"{generation.output_format_id} - (n % {KINDS}) / {SCENES}",
    }
    named = {"name": "'Cup ' || n", "slug": "'cup-' || n", "sku": "'SKU-' || n"}
    named["original_sha256"] = "'photo-' || n"
    copy(generation.subject, -(-rows // KINDS), **named)
    failed = {
        "state": "CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END",
        "failure_code": "CASE WHEN n % 10 = 0 THEN 'too_' || n % 20 ELSE '' END",
    }
    wish = {"wish": "'wish-' || n", "subject_id": subject, "batch_id": str(BATCH)}
    copy(generation, rows, **wish, **asked, **made_in, **failed)
    copy(output.attempt, rows, **same)
    copy(output, rows, **same, attempt_id=f"{BASE} + n")
    copy(review, rows, **same, **asked, **waiting(review, subject))
    late = timezone.now() - timedelta(hours=2 * DUE)
    Review.objects.filter(pk__gt=BASE, pk__lte=BASE + rows // 2).update(created_at=late)
    copy(line, -(-rows // KINDS), subject_id=f"{BASE} + n", number=f"{BASE} + n")
    copy(item, rows, **same, line_id=subject)
    copy(Event.objects.earliest("pk"), rows)
    return first


def waiting(review: "Review", subject: str) -> dict[str, str]:
    """What differs from `review` where a picture waits for its verdict."""
    return {
        "state": "'waiting'",
        "claimed_by_id": "NULL",
        "claimed_at": "NULL",
        "subject_id": subject,
        "scene_id": f"{review.scene_id} - n % {SCENES}",
        "batch_id": str(BATCH),
        "priority": "1 + n % 3",
        "flagged": "n % 10 = 0",
    }


def batch_of(generation: Any, rows: int) -> tuple["Model", "Model"]:
    """A batch that has ended, and its first line and item, which is `generation`."""
    from django.utils import timezone

    from generation.models import Batch, BatchItem, BatchLine, BatchProgress
    from templates_app.models import OutputFormat, SceneVersion

    now = timezone.now()
    scenes = list(SceneVersion.objects.values_list("pk", flat=True))
    formats = list(OutputFormat.objects.values_list("pk", flat=True))
    batch = Batch.objects.create(
        pk=BATCH,
        brand=generation.brand,
        name="Everything",
        prompt_version=generation.prompt_version,
        provider=generation.provider,
        scenes=scenes,
        state=Batch.State.ENDED,
        started_at=now,
        ended_at=now,
    )
    lines, failed = -(-rows // KINDS) + 1, rows // 10
    counts = {"lines": lines, "filled": lines, "wanted": rows + 1}
    counts |= {"succeeded": rows + 1 - failed, "failed": failed}
    BatchProgress.objects.create(batch=batch, **counts)
    line = BatchLine.objects.create(
        batch=batch,
        number=1,
        subject=generation.subject,
        scenes=scenes,
        formats=formats,
        filled_at=now,
    )
    return line, BatchItem.objects.create(batch=batch, line=line, generation=generation, new=True)


def publish(first: "AssetVersion", rows: int) -> None:
    """All of them, each as an asset of its own; one in four is taken back."""
    from django.db.models import F

    from review.models import Asset, AssetVersion, Review

    asset, rendition = first.asset, first.renditions.get()
    hurry()
    Review.objects.filter(pk__gt=BASE).update(state=Review.State.PUBLISHED)
    copy(
        asset,
        rows,
        name="'asset-' || n",
        subject_id=f"{BASE} + (n - 1) / {KINDS} + 1",
        scene_id=f"{asset.scene_id} - n % {SCENES}",
        output_format_id=f"{asset.output_format_id} - (n % {KINDS}) / {SCENES}",
        current_id="NULL",
    )
    same = {"asset_id": f"{BASE} + n", "review_id": f"{BASE} + n", "version_id": f"{BASE} + n"}
    copy(first, rows, **same)
    copy(rendition, rows, **same)
    Asset.objects.filter(pk__gt=BASE).update(current_id=F("pk"))
    taken = Asset.objects.annotate(quarter=F("subject_id") % 4).filter(pk__gt=BASE, quarter=0)
    AssetVersion.objects.filter(shows__in=taken).update(recalled_at=F("approved_at"))
    taken.update(taken_back=True)


def hurry() -> None:
    """Have PostgreSQL take the copies at their word: all that they name is there."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")


def settle() -> None:
    """What a database does by itself: counting on from the last number, and statistics within minutes."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(sql)
        if connection.vendor == "postgresql":
            cursor.execute("RESET session_replication_role; RESET synchronous_commit")
            cursor.execute("VACUUM ANALYZE")


def page(client: "Client", path: str) -> dict[str, Any]:
    """Seconds and queries of one page. Nobody holds a review when it begins."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    release()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    asked = len(queries)
    assert response.status_code in (200, 302), f"{path}: {response.status_code}"
    release()
    start = time.perf_counter()
    client.get(path)
    return {"seconds": time.perf_counter() - start, "queries": asked}


def release() -> None:
    from review.models import Review

    free = {"state": Review.State.WAITING, "claimed_by": None, "claimed_at": None, "claimed_until": None}
    Review.objects.filter(state=Review.State.CLAIMED).update(**free)


def serve(client: "Client") -> dict[str, str]:
    """A server on the pages and their files, in threads of this process, for as long as it lives."""
    from django.conf import settings
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    logging.getLogger("django.server").setLevel(logging.ERROR)
    thread = LiveServerThread("localhost", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None, thread.error
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    return {"url": f"http://localhost:{thread.port}", "name": cookie.key, "value": cookie.value}


def lines() -> Iterator[str]:
    for line in sys.stdin:
        yield line.strip()


def main() -> None:
    set_up()
    from django.test import Client

    from brandkit.accounts.models import User

    rows = int(sys.argv[1])
    first = fill(rows)
    settle()
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="rita"))
    print("ready", flush=True)
    for line in lines():
        if line == PUBLISH:
            publish(first, rows)
            settle()
            print("{}", flush=True)
        elif line == SERVE:
            print(json.dumps(serve(client)), flush=True)
        else:
            print(json.dumps(page(client, line)), flush=True)


if __name__ == "__main__":
    main()

"""The numbers themselves, as prometheus_client's families."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, Count, F, Max, Min, Sum, Value, When
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from brandkit.accounts.models import Brand
from brandkit.common.models import Event
from generation.budgets import standings
from generation.models import WORKS, Batch, Budget, Work, WorkerSign
from generation.provider_accounts import AccountState, all_states
from generation.watching.hooks import measures
from generation.watching.tally import Lines, Sums, Tally, cumulative

Rows = Iterable[tuple[list[str], float]]
"""Labels and the value."""


def gauge(name: str, words: str, labels: Iterable[str] = (), rows: Rows = ()) -> GaugeMetricFamily:
    """`brandkit_<name>` with these rows."""
    family = GaugeMetricFamily(f"brandkit_{name}", words, labels=list(labels))
    for row, value in rows:
        family.add_metric(row, value)
    return family


def read(tally: Tally) -> Iterator[Metric]:
    """Everything, as it stands now."""
    brands = dict(Brand.objects.values_list("pk", "slug"))
    now = timezone.now()
    yield from _queue(brands, now)
    yield from _attempts(brands, tally.read())
    yield from _workers(now)
    yield _accounts(all_states())
    yield from _batches(brands)
    yield _budgets(brands)
    for measure in measures:
        yield from measure(brands)


def _queue(brands: Mapping[int, str], now: datetime) -> Iterator[Metric]:
    length, oldest, unfunded, flight = [], [], [], []
    for kind, model in WORKS.items():
        in_line: Any = model.objects.in_line().order_by()
        found = in_line.values_list("brand", "provider").annotate(count=Count("pk"), first=Min("pk"))
        since = _asked_at(model, [first for *_, first in found])
        for brand, provider, count, first in found:
            labels = [brands.get(brand, ""), provider, kind]
            length.append((labels, count))
            oldest.append((labels, max(0.0, (now - since.get(first, now)).total_seconds())))
        waiting: Any = model.objects.filter(state=Work.State.QUEUED, reserved=None).order_by()
        for brand, count in waiting.values_list("brand").annotate(count=Count("pk")):
            unfunded.append(([brands.get(brand, ""), kind], count))
        for (brand, provider, stage), count in _in_flight(model, now).items():
            flight.append(([brands.get(brand, ""), provider, kind, stage], count))
    each = ("brand", "provider", "kind")
    yield gauge("queue_length", "Pictures that wait for a worker or for their next try.", each, length)
    yield gauge("queue_oldest_seconds", "Since when the first of them was asked for.", each, oldest)
    yield gauge("waiting_for_budget", "Pictures that wait for money.", ("brand", "kind"), unfunded)
    yield gauge("in_flight", "Pictures that workers hold, by what happens to them.", (*each, "stage"), flight)


def _asked_at(model: type[Work], numbers: list[int]) -> dict[int, datetime]:
    """When each was asked for; asked for again, it is from then on that somebody waits."""
    first = dict(model.objects.filter(pk__in=numbers).values_list("pk", "created_at"))
    events = Event.objects.filter(
        object_type=model._meta.label_lower, object_id__in=numbers, data__asked="again"
    )
    again = events.order_by().values_list("object_id").annotate(at=Max("at"))
    return {**first, **dict(again)}


def _in_flight(model: type[Work], now: datetime) -> Counter[tuple[int, str, str]]:
    """By brand, provider and stage. Counted here: there are no more of them than workers have threads."""
    running: Any = model.objects.filter(state=Work.State.RUNNING).order_by()
    facts = running.values_list("brand", "provider", "lease_until", "fetched")
    return Counter(
        (brand, provider, _stage(lease, fetched, now)) for brand, provider, lease, fetched in facts
    )


def _stage(lease: datetime, fetched: str, now: datetime) -> str:
    """It waits for a provider, its bytes are there, or its worker is gone."""
    if lease < now:
        return "lost"
    return "finish" if fetched else "call"


def _attempts(brands: Mapping[int, str], lines: Lines) -> Iterator[Metric]:
    outcomes: Counter[tuple[str, ...]] = Counter()
    spent: Counter[tuple[str, ...]] = Counter()
    times: dict[tuple[str, ...], Sums] = defaultdict(Sums)
    for line, sums in lines.items():
        outcomes[line.provider, line.model, line.outcome] += sums.attempts
        spent[brands.get(line.brand, ""), line.provider, line.model] += sums.dollars  # type: ignore[assignment]
        times[line.provider, line.model].add(sums)
    yield _counter("attempts", "Calls to providers.", ("provider", "model", "outcome"), outcomes)
    words = "US dollars for calls to providers, those of unknown outcome included."
    yield _counter("spend_dollars", words, ("brand", "provider", "model"), spent)
    histogram = HistogramMetricFamily(
        "brandkit_attempt_seconds", "How long calls to providers took.", labels=["provider", "model"]
    )
    for labels, sums in times.items():
        histogram.add_metric(labels, list(cumulative(sums.took)), sums.seconds)
    yield histogram


def _counter(
    name: str, words: str, labels: Iterable[str], rows: Mapping[tuple[str, ...], float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"brandkit_{name}", words, labels=list(labels))
    for row, value in rows.items():
        family.add_metric(row, value)
    return family


def _workers(now: datetime) -> Iterator[Metric]:
    """Where no worker has ever been seen, its last sign was an endless time ago."""
    signs = list(WorkerSign.objects.values_list("seen_at", flat=True))
    age = (now - max(signs)).total_seconds() if signs else inf
    alive = sum(now - sign <= timedelta(seconds=settings.BRANDKIT_LEASE_SECONDS) for sign in signs)
    yield gauge("workers", "Worker processes that showed a sign of life.", rows=[([], alive)])
    yield gauge("worker_last_sign_seconds", "Since a worker's last sign of life.", rows=[([], max(0.0, age))])


def _accounts(states: Mapping[str, AccountState]) -> Metric:
    rows = [
        ([name, state], float(state == _in_a_word(account)))
        for name, account in states.items()
        for state in ("open", "closed", "paused")
    ]
    return gauge("provider_account", "1 at how an account with a vendor stands.", ("account", "state"), rows)


def _in_a_word(account: AccountState) -> str:
    if account.paused_since:
        return "paused"
    return "closed" if account.closed_until else "open"


def _batches(brands: Mapping[int, str]) -> Iterator[Metric]:
    state = Case(
        When(paused_at__isnull=False, then=Value("paused")), default=F("state"), output_field=CharField()
    )
    under_way = Batch.objects.under_way().order_by()
    counted = (
        under_way.annotate(now=state)
        .values_list("brand", "now")
        .annotate(count=Count("pk"), queued=Sum("progress__queued"))
    )
    count, queued = [], []
    for brand, now, batches, pictures in counted:
        labels = [brands.get(brand, ""), now]
        count.append((labels, batches))
        queued.append((labels, pictures or 0))
    each = ("brand", "state")
    yield gauge("batches", "Batches under way: filling, running or paused.", each, count)
    yield gauge("batch_pictures_queued", "Pictures of theirs that wait.", each, queued)


def _budgets(brands: Mapping[int, str]) -> Metric:
    """Of the brands that have ever had one; in a new month nothing is spent before the first call."""
    rows: list[tuple[list[str], float]] = []
    for brand, budget in standings(Budget.objects.values_list("brand", flat=True)).items():
        parts = {"spent": budget.spent, "reserved": budget.reserved, "limit": budget.limit}
        slug = brands.get(brand, "")
        rows += [([slug, name], float(value)) for name, value in parts.items() if value is not None]
    return gauge("budget_dollars", "This month's money of a brand.", ("brand", "part"), rows)

"""From a catalogue's file to the plan of a batch: nothing is written, and every row gets its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from generation.batches import estimate
from generation.batches.estimate import Estimate
from generation.batches.plans import Line, Plan
from generation.catalogue import columns
from generation.catalogue.archive import NoPhotos, Photos
from generation.catalogue.finding import Told, with_photos
from generation.catalogue.photos import is_address
from generation.catalogue.table import Table
from generation.catalogue.verdicts import Judge, Usual, with_problem, without_repeats
from generation.intake import NAME_LENGTH, name_from
from generation.providers.base import Provider
from templates_app.models import PromptVersion


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a person says besides the file. by: None in the operator's shell. name: "" takes the file's."""

    brand: Brand
    by: User | None
    prompt_version: PromptVersion
    provider: Provider
    usual: Usual
    name: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


def plan(
    order: Order,
    table: Table,
    file_name: str,
    photos: Photos | None = None,
    told: Told = lambda done, of: None,
) -> Plan:
    """What the table asks for, with a verdict on every row; nothing is written.

    Raises TableRefused where it has not the columns, NotAllowed, NotFound.
    """
    if order.by:
        require(order.by, Act.REQUEST, order.brand)
    found = columns.find(table.header)
    judge = Judge(brand=order.brand, provider=order.provider, usual=order.usual, columns=found)
    lines = with_photos(order.brand, list(map(judge.line, table.rows)), photos or NoPhotos(), told)
    return Plan(
        brand=order.brand,
        by=order.by,
        name=(order.name or name_from(file_name))[:NAME_LENGTH],
        prompt_version=order.prompt_version,
        provider=order.provider,
        variables=order.variables,
        priority=order.usual.priority,
        lines=without_repeats(lines),
        source_name=file_name,
    )


def estimated(wanted: Plan) -> tuple[Plan, Estimate]:
    """What it comes to, and the plan with what is told of its rows by that: what no provider can be asked."""
    found = estimate.of(wanted)
    words = {problem.number: problem.words for problem in found.problems}
    lines = [
        with_problem(line, words[line.number]) if line.number in words and not line.problem else line
        for line in wanted.lines
    ]
    return replace(wanted, lines=lines), found


def notes(table: Table, lines: Sequence[Line]) -> list[str]:
    """What should be known of how a table was read, in sentences."""
    said = list(table.notes)
    if unknown := columns.unknown(table.header):
        names = ", ".join(f"“{label[:40]}”" for label in unknown)
        said.append(f"Not used: {names}. The columns that are: {', '.join(columns.COLUMNS)}.")
    fetched = sum(is_address(line.photo) and not line.problem for line in lines)
    if fetched:
        what = "1 photo is" if fetched == 1 else f"{fetched:,} photos are"
        said.append(f"{what} fetched by address once it starts; until then their pictures count as new.")
    return said

"""Prompts from Jinja text that people wrote: checked part by part, then rendered from plain values only."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.filters import FILTERS as OF_JINJA
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as TESTS_OF_JINJA

from brandkit.common.errors import Invalid
from templates_app.grammar import CHANGES, FILTERS, MAX_ITEMS, TESTS, Problem, Reading, is_text, read

MAX_TEXT = 20_000
"""Characters of a template."""
MAX_PROMPT = 32_000
"""Characters of a rendered prompt: the most that OpenAI's picture models take."""
MAX_VALUE = 500
"""Characters of one value."""
MAX_NUMBER = 10**15
MAX_NESTING = 4
"""Lists and tables in each other: `vars` itself, and three of a variable's own."""
A_NAME = re.compile("[A-Za-z][A-Za-z0-9_]{0,39}")

A_LIST = "a_list"
"""Set before what a loop goes over, when rendering: a text or a table there is an error, not a loop."""

SAMPLES: Mapping[str, Mapping[str, str | int]] = {
    "brand": {"name": "Sunny Fruit"},
    "subject": {"name": "Banana", "sku": "FR-0042", "further": "Image 3 shows another side of it."},
    "scene": {"name": "Kitchen", "description": "A bright kitchen in the morning"},
    "format": {"name": "Square", "width": 1080, "height": 1080, "ratio": "1:1"},
}
"""What previews and checks show in place of the given values."""

SAMPLE_CHANGES = (
    "Label wrong or missing",
    "At the lower right (81 % from the left, 74 % from the top): the shadow is too hard",
)
"""What previews and checks show in place of what a reviewer wants changed."""

PUT_RIGHT = "This was asked for before, and the picture was not right yet. Put this right:"
"""Stands before the changes, behind a prompt that has no words for them. No model has seen that picture."""


class TemplateRefused(Invalid):
    """This prompt can't be used as it is written."""

    code = "template_refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class MissingVariable(Invalid):
    """The prompt needs a value that nobody gave."""

    code = "missing_variable"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The prompt uses “{name}”, and there is no value for it. "
            "Fill it in where you ask for the picture, or give it a usual value in the prompt's variables."
        )
        self.name = name


class _Missing(StrictUndefined):
    """Using it in any way tells its name."""

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise MissingVariable(str(self._undefined_name))

    __iter__ = __str__ = __len__ = __bool__ = _fail_with_undefined_error
    __eq__ = __ne__ = __hash__ = __contains__ = _fail_with_undefined_error


class _PlainEnvironment(ImmutableSandboxedEnvironment):
    """Sees the keys of tables and the places of lists; never an attribute or method of an object."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        if isinstance(obj, list) and isinstance(argument, int) and 0 <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, LoopContext):
            return super().getitem(obj, argument)
        return self.undefined(obj=obj, name=argument)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


def _join(value: Any, separator: str = "") -> str:
    return str(separator).join(str(part) for part in _a_list(value))


def _a_list(value: Any) -> list[Any]:
    if isinstance(value, Undefined):
        str(value)  # tells its name
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list.")
    return value


def _environment() -> _PlainEnvironment:
    environment = _PlainEnvironment(undefined=_Missing, trim_blocks=True, lstrip_blocks=True)
    environment.globals.clear()
    own: dict[str, Callable[..., Any]] = {"join": _join}
    environment.filters = {name: own.get(name, OF_JINJA[name]) for name in FILTERS} | {A_LIST: _a_list}
    environment.tests = {name: TESTS_OF_JINJA[name] for name in TESTS}
    return environment


ENVIRONMENT = _environment()


def check(text: str, variables: Mapping[str, Any] | None = None) -> None:
    """Raise TemplateRefused with every problem of a template, by line.

    variables: the declared own variables; where given, others are problems too.
    """
    _, reading = _read(text)
    problems = set(reading.problems)
    for name, line in reading.used.items():
        if variables is not None and name not in variables:
            problems.add(Problem(line, f"“vars.{name}” is not declared. Add “{name}” to the variables."))
    if problems:
        raise TemplateRefused(sorted(problems))


def names(text: str) -> set[str]:
    """The own variables that a template uses: `vars.tag_text` gives "tag_text". Raises TemplateRefused."""
    check(text)
    return set(_read(text)[1].used)


def has_changes(text: str) -> bool:
    """Whether a template has words of its own for what a reviewer wants changed. Raises TemplateRefused."""
    return _read(text)[1].has_changes


def render(text: str, *, values: Mapping[str, Any], changes: Sequence[str] = ()) -> str:
    """The prompt that `text` makes of plain `values`: at most 32,000 characters, no space around it.

    values: as `samples()` shows. changes: what should be different this time, a line each: they stand in the
    template's own block, else in a paragraph behind it. Raises TemplateRefused, MissingVariable, and Invalid
    for values that are not plain or too large.
    """
    template = _compiled(text)
    for name, value in values.items():
        _check_value(name, value)
    _check_value(CHANGES, list(changes))
    try:
        prompt = _limited(template, {**values, CHANGES: list(changes)}).strip()
    except TemplateError as error:
        raise _refused(str(error)) from error
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise _refused(f"A value does not fit where it is used: {error}") from error
    if not prompt:
        raise _refused("Nothing came out: the prompt is empty with these values.")
    if changes and not has_changes(text):
        prompt = "\n".join([f"{prompt}\n\n{PUT_RIGHT}", *(f"- {line}" for line in changes)])
    return _short_enough(prompt)


def samples(variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Values to try a prompt with: made-up given ones, and the usual values of its own.

    A usual value of null means that it has to be given; its name stands for it.
    """
    own = {name: f"({name})" if value is None else value for name, value in (variables or {}).items()}
    return {**{root: dict(values) for root, values in SAMPLES.items()}, "vars": own}


def check_variables(variables: Any) -> None:
    """Raise Invalid unless they are names with plain values: text, numbers, yes or no, lists of these."""
    if not isinstance(variables, dict):
        raise Invalid('Variables are names with values, such as {"tag_text": "New"}.')
    for name in variables:
        if not A_NAME.fullmatch(str(name)):
            raise Invalid(f"“{name}” is no name for a variable. Use letters, digits and _, a letter first.")
    _check_value("vars", variables)


def _limited(template: Template, values: Mapping[str, Any]) -> str:
    chunks, length = [], 0
    for chunk in template.generate(values):
        chunks.append(chunk)
        length += len(chunk)
        if length > MAX_PROMPT:
            break
    return _short_enough("".join(chunks))


def _short_enough(prompt: str) -> str:
    if len(prompt) > MAX_PROMPT:
        raise _refused(f"The prompt is longer than {MAX_PROMPT:,} characters. Make it shorter.")
    return prompt


@lru_cache(maxsize=64)
def _compiled(text: str) -> Template:
    check(text)
    tree, _ = _read(text)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, A_LIST, [], [], None, None, lineno=loop.lineno)
    tree.body = [_where_wanted(part) if isinstance(part, nodes.Block) else part for part in tree.body]
    return ENVIRONMENT.from_string(tree)


def _where_wanted(block: nodes.Block) -> nodes.Node:
    """The block of changes as a condition: where none are wanted, nothing of it is said."""
    wanted = nodes.Name(CHANGES, "load", lineno=block.lineno)
    return nodes.If(wanted, block.body, [], [], lineno=block.lineno)


def _read(text: str) -> tuple[nodes.Template, Reading]:
    if len(text) > MAX_TEXT:
        raise _refused(f"This text has {len(text):,} characters; the most is {MAX_TEXT:,}. Make it shorter.")
    if not is_text(text):
        raise _refused("This text holds characters that can't be kept. Type it anew instead of pasting it.")
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateRefused([Problem(error.lineno, error.message or "This is not Jinja.")]) from error
    except RecursionError as error:
        raise _refused("This is nested too deeply. Write it flatter.") from error
    except ValueError as error:  # a number of thousands of digits
        raise _refused("There is a number that is too long to be read. Write it as text.") from error
    return tree, read(tree)


def _refused(words: str) -> TemplateRefused:
    return TemplateRefused([Problem(1, words)])


def _check_value(name: str, value: Any, depth: int = 0) -> None:
    match value:
        case None | bool():
            return
        case str() if is_text(value):
            fits = len(value) <= MAX_VALUE
        case int() | float():
            fits = abs(value) < MAX_NUMBER  # not so for infinity and not-a-number
        case dict() | list() if depth < MAX_NESTING:
            fits = len(value) <= MAX_ITEMS
            for key, part in value.items() if isinstance(value, dict) else enumerate(value, 1):
                _check_value(f"{name}.{key}", part, depth + 1)
        case _:
            raise Invalid(f"“{name}” is not a plain value: use text, numbers, yes or no, or lists of these.")
    if not fits:
        raise Invalid(f"“{name}” is too large: at most {MAX_VALUE} characters, or {MAX_ITEMS} parts.")

"""What a prompt may say: an allow-list over the parsed Jinja template.

Jinja's sandbox stops escapes but not waste: most templates that multiply, loop or call do harm inside it.
So only what a prompt needs is let through; all else is told with its line and with what to do instead.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from jinja2 import nodes

MAX_DEPTH = 24
"""How deep tags and conditions may lie in each other; far below what Jinja and Python can take."""
MAX_LOOPS = 2
MAX_ITEMS = 20
"""The longest list that a value may be."""
MAX_STEPS = 50_000
"""What a template may do at most, each part counted as often as the longest lists would repeat it."""
MAX_PATH = 4

GIVEN: Mapping[str, tuple[str, ...]] = {
    "brand": ("name",),
    "subject": ("name", "sku", "further"),
    "scene": ("name", "description"),
    "format": ("name", "width", "height", "ratio"),
}
"""What every prompt is given. A brand's own values come as `vars.NAME`.

further: a sentence for each further photo that is sent, since models are sent the pictures without names.
"""

CHANGES = "changes"
"""What a reviewer wants changed, a list of lines: known within the block of that name and nowhere else."""
IN_BLOCK = "“changes” is known only within its own block: {% block changes %}…{% endblock %}."
EACH_LINE = "“changes” is a list. Write each line: {% for change in changes %}- {{ change }}{% endfor %}."

FILTERS: Mapping[str, int] = {
    "capitalize": 0,
    "default": 2,
    "first": 0,
    "join": 1,
    "last": 0,
    "length": 0,
    "lower": 0,
    "title": 0,
    "trim": 1,
    "upper": 0,
}
"""The filters, and how many values may stand behind each."""

TESTS = frozenset({"defined", "none", "undefined"})
OF_LOOP = frozenset({"first", "index", "last", "length"})

PLAIN = (
    nodes.And,
    nodes.Compare,
    nodes.CondExpr,
    nodes.If,
    nodes.Keyword,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Template,
    nodes.TemplateData,
)
"""Parts that are harmless as long as all inside them is."""

ADVICE: Mapping[type[nodes.Node], str] = {
    nodes.Call: "Calls are not possible in a prompt. Write the value itself, or use a filter: | upper.",
    nodes.BinExpr: "Prompts do not calculate. Work the value out first and give it as a variable.",
    nodes.UnaryExpr: "Prompts do not calculate. Work the value out first and give it as a variable.",
    nodes.Concat: "“~” is not possible in a prompt. Put the two values side by side: {{ a }}{{ b }}.",
    nodes.Slice: "Parts of a text or list can't be cut out. Give that part as a variable of its own.",
    nodes.Assign: "“set” is not possible in a prompt. Give the value as a variable: vars.NAME.",
    nodes.AssignBlock: "“set” is not possible in a prompt. Give the value as a variable: vars.NAME.",
    nodes.List: "Lists can't be written in a prompt. Give the list as a variable: vars.NAME.",
    nodes.Tuple: "Lists can't be written in a prompt. Give the list as a variable: vars.NAME.",
    nodes.Dict: "Tables can't be written in a prompt. Give each value as a variable: vars.NAME.",
}

UNKEPT = re.compile("[\0\ud800-\udfff]")

Path = list[str | int]


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in which line, and what to do."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.words}"


@dataclass
class Reading:
    """What reading a template found: its problems, and the own variables that it uses by line.

    has_changes: whether it has words of its own for the changes that a reviewer wants.
    """

    problems: set[Problem] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    has_changes: bool = False


@dataclass(frozen=True)
class Place:
    """Where in a template a part stands: how deep, in which loops, and whether in the block of changes."""

    depth: int = 0
    loop_names: tuple[str, ...] = ()
    in_changes: bool = False

    def within(self, node: nodes.Node, child: nodes.Node) -> "Place":
        """The place of a part of `node`, which stands here."""
        inner = replace(
            self, depth=self.depth + 1, in_changes=self.in_changes or isinstance(node, nodes.Block)
        )
        if isinstance(node, nodes.For) and child is not node.iter and isinstance(node.target, nodes.Name):
            return replace(inner, loop_names=(*self.loop_names, node.target.name))
        return inner


def read(tree: nodes.Template) -> Reading:
    """Walk the whole template. Never fails: what it can't let through becomes a problem."""
    reading = Reading()
    _walk(tree, reading, Place())
    if reading.steps > MAX_STEPS:
        words = "The loops could repeat too much. Put less into them, or make two prompts of it."
        reading.problems.add(Problem(1, words))
    return reading


def is_text(text: str) -> bool:
    """Whether a database can keep it: no zero characters, no broken pairs."""
    return UNKEPT.search(text) is None


def _walk(node: nodes.Node, reading: Reading, place: Place) -> None:
    reading.steps += MAX_ITEMS ** len(place.loop_names)
    if place.depth > MAX_DEPTH:
        words = "This is nested too deeply. Write it flatter: fewer conditions and brackets in each other."
        reading.problems.add(Problem(node.lineno, words))
        return
    for words in _complaints(node, reading, place):
        reading.problems.add(Problem(node.lineno, words))
    for child in _inside(node, place):
        _walk(child, reading, place.within(node, child))


def _inside(node: nodes.Node, place: Place) -> Iterable[nodes.Node]:
    """The parts still to be looked at. Names are judged as a whole; what is refused is not looked into."""
    if isinstance(node, nodes.For):
        return (part for part in node.iter_child_nodes() if part is not node.target)
    if isinstance(node, (*PLAIN, nodes.Filter, nodes.Test)) or _is_changes(node, place):
        return node.iter_child_nodes()
    return ()


def _is_changes(node: nodes.Node, place: Place) -> bool:
    """Whether it is the block of changes, right in the template itself."""
    return isinstance(node, nodes.Block) and node.name == CHANGES and place.depth == 1


def _complaints(node: nodes.Node, reading: Reading, place: Place) -> Iterable[str]:
    match node:
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            return _of_name(node, reading, place)
        case nodes.For():
            return _of_loop(node, place)
        case nodes.Block():
            return list(_of_block(node, reading, place))
        case nodes.Filter():
            return _of_filter(node)
        case nodes.Test():
            return _of_test(node)
        case nodes.Const():
            return [] if is_text(str(node.value)) else ["This text holds characters that can't be kept."]
        case nodes.Output() if place.in_changes and any(path_of(part) == [CHANGES] for part in node.nodes):
            return [EACH_LINE]
        case _ if isinstance(node, PLAIN):
            return []
        case _:
            return [_advice(node)]


def _advice(node: nodes.Node) -> str:
    for kind, words in ADVICE.items():
        if isinstance(node, kind):
            return words
    return f"“{type(node).__name__.lower()}” is not possible in a prompt. Use text, values, if and for."


def _of_name(node: nodes.Expr, reading: Reading, place: Place) -> Iterable[str]:
    path = path_of(node)
    if path is None:
        return ["Only plain names are possible here, such as subject.name or vars.NAME."]
    if len(path) > MAX_PATH or any(isinstance(part, str) and part.startswith("_") for part in path):
        return [f"“{dotted(path)}” is not a value of a prompt."]
    root, *rest = path
    loop_names = place.loop_names
    if root == CHANGES and root not in loop_names:
        return [] if place.in_changes and not rest else [EACH_LINE if place.in_changes else IN_BLOCK]
    if root == "vars" and rest and isinstance(rest[0], str):
        reading.used.setdefault(rest[0], node.lineno)
        return []
    if root in loop_names or (root == "loop" and loop_names and len(rest) == 1 and rest[0] in OF_LOOP):
        return []
    if root in GIVEN and len(rest) == 1 and rest[0] in GIVEN[str(root)]:
        return []
    return [f"There is no “{dotted(path)}”. There are: {', '.join(all_names())} and vars.NAME for your own."]


def _of_block(node: nodes.Block, reading: Reading, place: Place) -> Iterable[str]:
    if node.name != CHANGES:
        yield f"There is no block “{node.name}”. There is one for what a reviewer wants changed: {CHANGES}."
    elif place.depth != 1:
        yield "The block “changes” stands by itself: not in a condition, a loop or another block."
    elif reading.has_changes:
        yield "There is a block “changes” already. Write all of it into one."
    if node.scoped or node.required:
        yield "The block “changes” takes no further words: {% block changes %}."
    reading.has_changes = reading.has_changes or _is_changes(node, place)


def _taken(place: Place) -> set[str]:
    """Names that a loop here may not give to its parts."""
    return {*GIVEN, "vars", "loop", *place.loop_names, *([CHANGES] if place.in_changes else ())}


def _of_loop(node: nodes.For, place: Place) -> Iterable[str]:
    loop_names = place.loop_names
    if len(loop_names) >= MAX_LOOPS:
        yield "Loops go at most two deep. Write the inner list out as one variable."
    if node.recursive:
        yield "Loops can't call themselves. Leave “recursive” out."
    if not isinstance(node.target, nodes.Name) or node.target.name in _taken(place):
        yield "A loop needs one new name: {% for item in vars.NAME %}."
    if path_of(node.iter) is None:
        yield "A loop goes over a list that is given: {% for item in vars.NAME %}."


def _of_filter(node: nodes.Filter) -> Iterable[str]:
    if node.node is None:
        yield "“filter” blocks are not possible. Put the filter behind the value: {{ subject.name | upper }}."
    elif node.name not in FILTERS:
        yield f"There is no filter “{node.name}” here. There are: {', '.join(sorted(FILTERS))}."
    elif len(node.args) + len(node.kwargs) > FILTERS[node.name]:
        yield f"“{node.name}” takes fewer values: {FILTERS[node.name] or 'none'}."
    elif any(keyword.key != "boolean" or node.name != "default" for keyword in node.kwargs):
        yield f"“{node.name}” takes its values without names: write {node.name}('value')."
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield f"“{node.name}” can't take its values from a list. Write them one by one."


def _of_test(node: nodes.Test) -> Iterable[str]:
    if node.name not in TESTS:
        yield f"There is no test “is {node.name}” here. There are: {', '.join(sorted(TESTS))}."
    if node.args or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        yield f"“is {node.name}” stands alone, without values behind it."


def path_of(node: nodes.Node) -> Path | None:
    """`vars.a[0]` as ["vars", "a", 0]; None for what is not a plain name with constant parts."""
    path: Path = []
    while True:
        match node:
            case nodes.Name(ctx="load"):
                return [node.name, *reversed(path)]
            case nodes.Getattr():
                path.append(node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str() | int() as part)):
                path.append(part)
            case _:
                return None
        node = node.node


def dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def all_names() -> list[str]:
    """Every given name in full: `brand.name`, `subject.name`..."""
    return [f"{root}.{part}" for root, parts in GIVEN.items() for part in parts]

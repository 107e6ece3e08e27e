"""Prompts from text that people wrote: what is let through, what is refused, and how it is told."""

from typing import Any

import pytest

from brandkit.common.errors import Invalid
from templates_app.grammar import GIVEN, all_names
from templates_app.rendering import (
    MAX_PROMPT,
    MissingVariable,
    TemplateRefused,
    check,
    check_variables,
    names,
    render,
    samples,
)

PLACE = """Image 1 is the subject, image 2 is the scene.
Set {{ subject.name }}{% if subject.sku %} ({{ subject.sku }}){% endif %} into {{ scene.name | lower }}.
{# not sent #}
{% if vars.props is defined and vars.props %}
Beside it stand:
{% for prop in vars.props %}
{{ loop.index }}. {{ prop | trim }}{{ "" if loop.last else "," }}
{% endfor %}
{% elif scene.description %}
{{ scene.description }}
{% else %}
Nothing else.
{% endif %}
{% raw %}Keep {{ this }} as it is.{% endraw %} {{ format.width }} × {{ format.height }}."""

GRIDS = (
    "{% for row in vars.rows %}{% for cell in row.cells %}{{ cell | default('-', true) }} {% endfor %}; "
    "{% endfor %}"
)


def test_it_renders_a_real_prompt() -> None:
    assert render(PLACE, values=samples({"props": ["a cup ", "a spoon"]})) == (
        "Image 1 is the subject, image 2 is the scene.\n"
        "Set Banana (FR-0042) into kitchen.\n"
        "Beside it stand:\n1. a cup,\n2. a spoon\n"
        "Keep {{ this }} as it is. 1080 × 1080."
    )
    assert "A bright kitchen in the morning\nKeep" in render(PLACE, values=samples({"props": []}))


def test_it_has_a_sample_for_all_that_is_given() -> None:
    assert {root: tuple(values) for root, values in samples().items() if root != "vars"} == GIVEN
    assert render(" ".join(f"{{{{ {name} }}}}" for name in all_names()), values=samples()) == (
        "Sunny Fruit Banana FR-0042 Image 3 shows another side of it. Kitchen "
        "A bright kitchen in the morning Square 1080 1080 1:1"
    )


def test_it_renders_loops_two_deep() -> None:
    values = samples({"rows": [{"cells": ["a", ""]}, {"cells": ["b"]}]})
    assert render(GRIDS, values=values) == "a - ; b ;"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("{{ vars.tag | upper }}", "NEW IN"),
        ("{{ vars.tag | lower | capitalize }}", "New in"),
        ("{{ vars.tag | title }} {{ vars['tag'] | length }}", "New In 6"),
        ("{{ vars.list | join(', ') }}, {{ vars.list | first }}, {{ vars.list | last }}", "a, b, a, b"),
        ("{{ vars.list[1] }} {{ vars.none | default('x', boolean=true) }}", "b x"),
        ("{{ vars.nothing | default('usual') }}", "usual"),
        ("{{ 'yes' if 'a' in vars.list and not vars.none else 'no' }}", "yes"),
        ("{{ vars.number if vars.number >= 2 or vars.none is none }}", "2"),
        ("{{ vars.braces }}", "{{ 7 }} {% if %}"),
    ],
)
def test_it_knows_what_prompts_need(text: str, prompt: str) -> None:
    own = {"tag": "new IN", "list": ["a", "b"], "none": None, "number": 2, "braces": "{{ 7 }} {% if %}"}
    assert render(text, values={**samples(), "vars": own}) == prompt


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ subject.__class__ }}",
    "{{ subject['__class__'] }}",
    "{{ subject.__init__.__globals__ }}",
    "{{ vars.tag.__class__ }}",
    "{{ vars.tag['__class__'] }}",
    "{{ vars.__class__ }}",
    "{{ vars['__class__']['__base__'] }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ cycler('a', 'b') }}",
    "{{ joiner() }}",
    "{{ namespace(a=1) }}",
    "{{ lipsum() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ dict(a=1) }}",
    "{{ range }}",
    "{{ loop }}",
    "{% for x in vars.list %}{{ loop }}{% endfor %}",
    "{% for x in vars.list %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in vars.list %}{{ loop.changed }}{% endfor %}",
    "{% for x in vars.list %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for x in vars.list %}{{ x.__class__ }}{% endfor %}",
    "{{ subject.items }}",
    "{{ subject.items() }}",
    "{{ subject.pop('name') }}",
    "{{ vars.clear() }}",
    "{{ vars.list.append(1) }}",
    "{{ vars.tag.format(1) }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ vars.tag | attr('__class__') }}",
    "{{ vars.list | map(attribute='__class__') | join }}",
    "{{ vars.list | map('upper') | join }}",
    "{{ vars.tag | format(1) }}",
    "{{ vars.tag | safe }}",
    "{{ vars.tag | upper(1) }}",
    "{{ vars.tag | trim(chars='a') }}",
    "{{ vars.list | join(*vars.list) }}",
    "{{ vars.list | join(**vars) }}",
    "{{ vars.tag | pprint }}",
    "{{ (vars.list | first).__class__ }}",
    "{{ vars.list | join(attribute='__class__') }}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}",
    "{% call x() %}{% endcall %}",
    "{% set x = 1 %}",
    "{% set x %}a{% endset %}",
    "{% set vars.tag = 1 %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% filter upper %}a{% endfilter %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do vars.list.append(1) %}",
    "{% debug %}",
    "{% trans %}a{% endtrans %}",
    "{{ _('a') }}",
    "{{ vars.tag is callable }}",
    "{{ vars.tag is divisibleby(0) }}",
    "{{ vars.tag is filter }}",
    "{% for subject in vars.list %}{% endfor %}",
    "{% for a, b in vars.list %}{% endfor %}",
    "{% for x in vars.list recursive %}{{ loop(x) }}{% endfor %}",
    "{{ subject }}",
    "{{ vars }}",
    "{{ vars | length }}",
    "{{ '\\ud800' }}",
    "a\0b",
    "{{ '\\0' }}",
]

WASTE = [
    "{% for i in range(10 ** 12) %}{% endfor %}",
    "{{ range(10 ** 9) | join }}",
    "{{ 'a' * 10 ** 10 }}",
    "{{ vars.tag * 10000000000 }}",
    "{{ [0] * 10 ** 10 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 2 ** 100000000 }}",
    "{{ -1 }}",
    "{{ +1 }}",
    "{{ 10 % 3 }}",
    "{{ 1 // 0 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ 'a' | center(10000000000) }}",
    "{{ 'a' | indent(10000000000) }}",
    "{{ 'a' | replace('', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') }}",
    "{{ 'a' | wordwrap(1) }}",
    "{{ vars.list | batch(10000000000, 'x') | list }}",
    "{{ vars.list | slice(10000000000) | list }}",
    "{{ vars.list | sum }}",
    "{{ vars.tag | list }}",
    "{{ 1 | round(10000000000, 'ceil') }}",
    "{{ lipsum(n=1000000000) }}",
    "{{ vars.tag[0:1] }}",
    "{% for a in [1, 2, 3] %}{% endfor %}",
    "{% for a in (1, 2, 3) %}{% endfor %}",
    "{% for a in {'a': 1} %}{% endfor %}",
    "{% for a in 'abc' %}{% endfor %}",
    "{% for a in vars.list | first %}{% endfor %}",
    "{% for a in vars.list %}" + "{% for b in a %}" + "{% for c in b %}" + "{% endfor %}" * 3,
    "{% for a in vars.list %}{% for b in vars.list %}" + "{{ b }}" * 200 + "{% endfor %}{% endfor %}",
    "{% for a in vars.list %}" * 2
    + "{% if a|upper|lower|upper|lower %}{% endif %}" * 60
    + "{% endfor %}" * 2,
    "{{ " + "9" * 5000 + " }}",
    "{{ vars" + ".a" * 5000 + " }}",
    "{{ vars.tag" + "|upper" * 1000 + " }}",
    "{{ " + "not " * 2000 + "1 }}",
    "{{ " + "- " * 2000 + "1 }}",
    "{{ " + "(" * 1000 + "1" + ")" * 1000 + " }}",
    "{{ " + "(" * 15000 + " }}",
    "{{ " + "[" * 1000 + "]" * 1000 + " }}",
    "{{ " + "1 if 1 else " * 1000 + "1 }}",
    "{{ " + "1 and " * 1000 + "1 }}",
    "{{ " + "vars.a == " * 1000 + "1 }}{{ x }}",
    "{% if 1 %}" * 900 + "{% endif %}" * 900,
    "{% for a in vars.list %}" * 500 + "{% endfor %}" * 500,
    "a" * 20_001,
    "{# " + "a" * 20_000 + " #}",
]


@pytest.mark.parametrize("text", ESCAPES + WASTE, ids=lambda text: ascii(text[:50]))
def test_it_refuses_attacks_at_save_and_again_when_rendering(text: str) -> None:
    values = samples({"tag": "New", "list": ["a", "b"], "a": 1})
    with pytest.raises(TemplateRefused):
        check(text)
    with pytest.raises(TemplateRefused):
        render(text, values=values)
    assert values == samples({"tag": "New", "list": ["a", "b"], "a": 1})


def test_it_reads_what_is_nested_as_deep_as_people_nest() -> None:
    check("{% if vars.a %}" * 10 + "x" + "{% endif %}" * 10)
    check("{% if vars.a == 1 %}1" + "{% elif vars.a == 2 %}2" * 50 + "{% endif %}")


@pytest.mark.parametrize("text", ["{% for a in vars.tag %}{{ a }}{% endfor %}", "{{ vars.tag | join }}"])
def test_it_does_not_take_a_text_for_a_list(text: str) -> None:
    check(text)
    with pytest.raises(TemplateRefused, match="'New' is not a list"):
        render(text, values=samples({"tag": "New"}))


@pytest.mark.parametrize(
    "text",
    ["{{ vars.tag < 1 }}", "{{ vars.one | length }}", "{{ 1 in vars.one }}"],
)
def test_it_tells_a_value_that_does_not_fit(text: str) -> None:
    with pytest.raises(TemplateRefused, match="A value does not fit where it is used"):
        render(text, values=samples({"tag": "New", "one": 1}))


def test_it_stops_a_prompt_that_grows_too_long() -> None:
    text = "{% for a in vars.list %}{% for b in vars.list %}{{ b }}{% endfor %}{% endfor %}"
    values = samples({"list": ["x" * 100] * 20})
    with pytest.raises(TemplateRefused, match="longer than 32,000 characters"):
        render(text, values=values)
    assert len(render("{% for b in vars.list %}{{ b }}{% endfor %}", values=values)) == 2000 < MAX_PROMPT


def test_it_refuses_a_prompt_of_nothing() -> None:
    with pytest.raises(TemplateRefused, match="Nothing came out"):
        render(" {% if vars.a is defined %}x{% endif %} ", values=samples())


def test_it_tells_every_problem_with_its_line() -> None:
    text = "Set it.\n{{ sbject.name }}\n\n{% set x = 1 %}{{ subject.name.upper() }}\n{{ vars.tag }}"
    with pytest.raises(TemplateRefused) as refused:
        check(text, {})
    lines = [(problem.line, problem.words.split(".")[0]) for problem in refused.value.problems]
    assert lines == [
        (2, "There is no “sbject"),
        (4, "Calls are not possible in a prompt"),
        (4, "“set” is not possible in a prompt"),
        (5, "“vars"),
    ]
    assert "Line 5: “vars.tag” is not declared. Add “tag” to the variables." in refused.value.message


def test_it_tells_the_line_of_a_slip() -> None:
    with pytest.raises(TemplateRefused) as refused:
        check("Fine.\nFine.\n{% if subject.sku %}")
    [problem] = refused.value.problems
    assert problem.line == 3
    assert "endif" in problem.words


def test_it_names_the_value_that_is_missing() -> None:
    for text in (
        "{{ vars.tag_text }}",
        "{{ vars['tag_text'] | upper }}",
        "{% if vars.tag_text %}x{% endif %}",
    ):
        with pytest.raises(MissingVariable, match=r"The prompt uses “tag_text”.*Fill it in") as missing:
            render(text, values=samples())
        assert missing.value.name == "tag_text"
    with pytest.raises(MissingVariable, match="parts"):
        render("{% for a in vars.parts %}{{ a }}{% endfor %}", values=samples())


def test_it_shows_the_name_of_a_variable_that_has_to_be_given() -> None:
    assert render("{{ vars.tag_text }}", values=samples({"tag_text": None})) == "(tag_text)"


def test_it_lists_the_variables_of_a_template() -> None:
    text = "{{ vars.a }}{% for b in vars.list %}{{ b }}{% endfor %}{{ subject.name }}{{ vars['c'] }}"
    assert names(text) == {"a", "list", "c"}


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, "x" * 501, ["x"] * 21, 10**400, float("nan"), float("inf"), "\0", [[[[1]]]], b"x"],
    ids=lambda value: repr(value)[:20],
)
def test_it_takes_plain_values_only(value: Any) -> None:
    with pytest.raises(Invalid):
        render("{{ subject.name }}", values=samples({"a": value}))
    with pytest.raises(Invalid):
        check_variables({"a": value})


@pytest.mark.parametrize("name", ["", "a b", "_a", "1a", "a-b", "ä", "a" * 41])
def test_it_refuses_variables_with_names_that_prompts_cannot_say(name: str) -> None:
    with pytest.raises(Invalid, match="is no name for a variable"):
        check_variables({name: "x"})


def test_it_never_calls_what_is_passed_in() -> None:
    class Trap(dict[str, str]):
        def __getattr__(self, name: str) -> str:
            raise AssertionError(name)

    values = {**samples(), "subject": Trap(name="Banana")}
    assert render("{{ subject.name }}", values=values) == "Banana"

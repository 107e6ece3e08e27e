"""A prompt's own words for what a reviewer wants changed: where they may stand, and how they read."""

import pytest

from brandkit.common.errors import Invalid
from templates_app.rendering import (
    MAX_PROMPT,
    PUT_RIGHT,
    SAMPLE_CHANGES,
    TemplateRefused,
    check,
    has_changes,
    render,
    samples,
)

BLOCK = """Set {{ subject.name }} in.
{% block changes %}

Last time this was wrong:
{% for change in changes %}
{{ loop.index }}. {{ change }}
{% endfor %}
{% endblock %}
Keep {{ format.ratio }}."""


def test_it_words_changes_as_the_prompt_says_and_only_where_there_are_any() -> None:
    assert render(BLOCK, values=samples()) == "Set Banana in.\nKeep 1:1."
    assert render(BLOCK, values=samples(), changes=["No tag", "{{ 7 }}"]) == (
        "Set Banana in.\n\nLast time this was wrong:\n1. No tag\n2. {{ 7 }}\nKeep 1:1."
    )
    joined = "It.{% block changes %} {{ changes | length }}: {{ changes | join('; ') }}{% endblock %}"
    assert render(joined, values=samples(), changes=["a", "b"]) == "It. 2: a; b"


def test_it_puts_changes_behind_a_prompt_without_words_for_them() -> None:
    assert render("Set it.\n", values=samples(), changes=SAMPLE_CHANGES) == (
        f"Set it.\n\n{PUT_RIGHT}\n- Label wrong or missing\n"
        "- At the lower right (81 % from the left, 74 % from the top): the shadow is too hard"
    )
    assert (has_changes("Set it."), has_changes(BLOCK)) == (False, True)


def test_it_keeps_a_loop_that_calls_its_parts_changes() -> None:
    """Such a prompt may be approved already, and its text must go on to work."""
    text = "{% for changes in vars.list %}{{ changes }}{% endfor %}"
    assert render(text, values=samples({"list": ["a", "b"]})) == "ab"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x\n{{ changes }}", "Line 2: “changes” is known only within its own block"),
        ("{% for a in changes %}{% endfor %}", "“changes” is known only within its own block"),
        ("{% block changes %}{{ changes }}{% endblock %}", "“changes” is a list. Write each line"),
        ("{% block changes %}{{ changes[0] }}{% endblock %}", "“changes” is a list. Write each line"),
        (
            "{% block changes %}{% for changes in vars.a %}{% endfor %}{% endblock %}",
            "A loop needs one new name",
        ),
        ("{% block changes %}{{ other }}{% endblock %}", "There is no “other”"),
        ("{% block changes %}{{ self.changes() }}{% endblock %}", "Calls are not possible"),
        ("{% block changes %}{{ super() }}{% endblock %}", "Calls are not possible"),
        ("{% block changes scoped %}x{% endblock %}", "takes no further words"),
        ("{% block changes required %}{% endblock %}", "takes no further words"),
        ("{% block end %}x{% endblock %}", "There is no block “end”"),
        ("{% if vars.a %}{% block changes %}x{% endblock %}{% endif %}", "stands by itself"),
        ("{% block changes %}{% block changes %}x{% endblock %}{% endblock %}", "stands by itself"),
        (
            "{% block changes %}a{% endblock %}\n{% block changes %}b{% endblock %}",
            "Line 2: There is a block",
        ),
    ],
)
def test_it_tells_what_is_wrong_with_words_for_changes(text: str, words: str) -> None:
    for refused in (check, lambda text: render(text, values=samples(), changes=SAMPLE_CHANGES)):
        with pytest.raises(TemplateRefused) as problems:
            refused(text)
        assert words in problems.value.message


def test_it_counts_changes_to_the_length_of_a_prompt() -> None:
    text = "x" * 20_000 + "{% block changes %}" + "{{ changes | join }}" * 30 + "{% endblock %}"
    assert len(render(text[:20_000], values=samples(), changes=["y" * 300] * 20)) < MAX_PROMPT
    with pytest.raises(TemplateRefused):
        render(text[1000:], values=samples(), changes=["y" * 300] * 20)
    for changes in (["y" * 501], ["y"] * 21, ["\0"]):
        with pytest.raises(Invalid):
            render("Set it.", values=samples(), changes=changes)

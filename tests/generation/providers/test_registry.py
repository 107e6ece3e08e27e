"""From an alias to its provider."""

import pytest

from generation.providers.fake import Fake
from generation.providers.registry import Misconfigured, Registry, UnknownProvider

FAKE = "generation.providers.fake.Fake"


def test_it_builds_each_provider_once() -> None:
    registry = Registry({"a": {"BACKEND": FAKE}, "b": {"BACKEND": FAKE, "OPTIONS": {"log": "x"}}})
    assert isinstance(registry.get("a"), Fake)
    assert registry.get("a") is registry.get("a")
    assert registry.get("b") is not registry.get("a")
    assert (registry.get("b").alias, registry.get("b").options) == ("b", {"log": "x"})


def test_it_names_those_that_there_are() -> None:
    with pytest.raises(UnknownProvider, match=r"^There is no provider 'c'\. There is: a, b\.$"):
        Registry({"b": {"BACKEND": FAKE}, "a": {"BACKEND": FAKE}}).get("c")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "Provider 'a' names no BACKEND"),
        ({"BACKEND": "Fake"}, "Provider 'a' names no BACKEND"),
        ({"BACKEND": "generation.providers.nobody.Nobody"}, "Provider 'a': its BACKEND can't be imported"),
        ({"BACKEND": "generation.providers.fake.Nobody"}, "Provider 'a': its BACKEND can't be imported"),
        ({"BACKEND": "generation.providers.fake.Box"}, "Provider 'a': .* is not a provider"),
        ({"BACKEND": FAKE, "OPTIONS": {"speed": 1}}, "Provider 'a': there is no option 'speed'"),
    ],
)
def test_it_says_which_entry_is_wrong(entry: dict[str, object], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        Registry({"a": entry}).get("a")

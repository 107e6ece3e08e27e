"""From an alias in the settings to its provider: imported on first use, built once."""

import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from generation.providers.base import Provider

Config = Mapping[str, Mapping[str, Any]]


class UnknownProvider(LookupError):
    """No provider goes by that alias. The message names those that there are."""


class Misconfigured(ValueError):
    """A provider's BACKEND or OPTIONS are wrong. The message names the alias and what is wrong."""


class Registry:
    """The providers of one configuration: alias to `{"BACKEND": dotted path, "OPTIONS": {...}}`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._made: dict[str, Provider] = {}
        self._lock = threading.Lock()

    def get(self, alias: str) -> Provider:
        """The one provider of that alias. Raises UnknownProvider or Misconfigured."""
        with self._lock:
            if alias not in self._made:
                self._made[alias] = self._build(alias)
            return self._made[alias]

    def _build(self, alias: str) -> Provider:
        if alias not in self._config:
            known = ", ".join(sorted(self._config)) or "none"
            raise UnknownProvider(f"There is no provider {alias!r}. There is: {known}.")
        entry = self._config[alias]
        backend = load(alias, entry)
        try:
            return backend(alias=alias, options=entry.get("OPTIONS", {}))
        except (TypeError, ValueError) as error:
            raise Misconfigured(f"Provider {alias!r}: {error}") from error


def load(alias: str, entry: Mapping[str, Any]) -> type[Provider]:
    """The class that an entry's BACKEND names. Raises Misconfigured."""
    module, _, name = str(entry.get("BACKEND", "")).rpartition(".")
    if not module:
        raise Misconfigured(f"Provider {alias!r} names no BACKEND, such as 'generation.providers.fake.Fake'.")
    try:
        backend = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Misconfigured(f"Provider {alias!r}: its BACKEND can't be imported: {error}.") from error
    if not (isinstance(backend, type) and issubclass(backend, Provider)):
        raise Misconfigured(f"Provider {alias!r}: {module}.{name} is not a provider.")
    return backend

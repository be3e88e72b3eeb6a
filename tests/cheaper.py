"""What makes many dashboards in one process cost less, and leaves all that they show as it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
import textual.strip
from textual.cache import FIFOCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_NOTHING: Final[dict[Any, Any]] = {}


class _EmptyAtFirst(FIFOCache[Any, Any]):
    """A cache of a strip without a dict of its own until something is kept in it, which is seldom.

    Each strip has seven caches, and each screen some hundred strips: their dicts, and the collector of garbage on its
    way through them, are a seventh of what the tests of the dashboard cost.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._cache = _NOTHING

    def set(self, key: Hashable, value: Any) -> None:
        """Keep something, and forget what came first if that is too much."""
        if self._cache is _NOTHING:
            self._cache = {}
        super().set(key, value)

    __setitem__ = set

    def get(self, key: Hashable, default: Any = None) -> Any:
        """What is kept, or the default."""
        return self._cache.get(key, default)

    def __getitem__(self, key: Hashable) -> Any:
        return self._cache[key]


@contextmanager
def dashboards() -> Iterator[None]:
    """Each style sheet is parsed once in a process, not once for each dashboard, and empty caches are left away."""
    parse, parsed = Stylesheet._parse_rules, dict[Any, list[RuleSet]]()

    def parse_once(sheet: Stylesheet, *arguments: Any, **options: Any) -> list[RuleSet]:
        key = (arguments, *sorted(options.items()), *sorted(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, *arguments, **options)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        patch.setattr(textual.strip, "FIFOCache", _EmptyAtFirst)
        yield

"""What makes many dashboards in one process cost less, and leaves all that they show as it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from textual.cache import FIFOCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.strip import Strip

_CACHES: Final = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""The caches of a strip, and how much each keeps."""


class _WhenAskedFor:
    """A cache of a strip, made when it is asked for, which is seldom.

    Each strip would make seven, and each screen makes some hundred strips: a seventh of what the tests of the dashboard
    cost, together with the garbage that is collected for them.
    """

    def __init__(self, slot: Any, size: int) -> None:
        self._slot, self._size = slot, size

    def __get__(self, strip: Strip, _: object = None) -> FIFOCache[Hashable, Any]:
        try:
            found: FIFOCache[Hashable, Any] = self._slot.__get__(strip)
        except AttributeError:
            found = FIFOCache(self._size)
            self._slot.__set__(strip, found)
        return found


def _begin(strip: Strip, segments: Any, cell_length: int | None = None) -> None:
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


@contextmanager
def dashboards() -> Iterator[None]:
    """Each style sheet is parsed once in a process, not once for each dashboard, and no empty cache is made."""
    parse, parsed = Stylesheet._parse_rules, dict[Any, list[RuleSet]]()

    def parse_once(sheet: Stylesheet, *arguments: Any, **options: Any) -> list[RuleSet]:
        key = (arguments, *sorted(options.items()), *sorted(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, *arguments, **options)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        for name, size in _CACHES.items():
            patch.setattr(Strip, name, _WhenAskedFor(vars(Strip)[name], size))
        patch.setattr(Strip, "__init__", _begin)
        yield

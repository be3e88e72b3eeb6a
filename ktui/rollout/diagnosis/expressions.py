"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final


class Expression:
    """What messages are recognised by.

    There are over 150 of them, and most starts need none: to compile them all takes 15 ms, and the first rows of the
    dashboard would wait for that.
    """

    def __init__(self, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.pattern: Final = pattern
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place that it describes; None if there is none."""
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """The beginning, if it describes that."""
        return self._compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The whole text, if it describes that."""
        return self._compiled.fullmatch(text)

    def sub(self, by: str, text: str) -> str:
        """The text with each such place replaced."""
        return self._compiled.sub(by, text)

    def before(self, text: str) -> str:
        """What is before the first such place; the whole text if there is none."""
        found = self.search(text)
        return text[: found.start()] if found is not None else text

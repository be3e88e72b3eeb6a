"""Lines of a long table, each made when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from ktui.tui.draw.widgets import Line


class LazyLines(Sequence[Line]):
    """So many lines. What is out of sight costs nothing."""

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, index: int) -> Line:
        """Make the line at that place, which is one of them."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.line(index)


class RowsOf(LazyLines):
    """So many rows of a line each, made by a function of their place."""

    def __init__(self, count: int, row: Callable[[int], Line]) -> None:
        self._count, self._row = count, row

    def __len__(self) -> int:
        return self._count

    def line(self, index: int) -> Line:
        """The row at that place."""
        return self._row(index)

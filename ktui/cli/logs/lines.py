"""The lines of `ktui logs`: whose they are, and nothing in them that a terminal obeys or that looks like a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from ktui.cli import printing
from ktui.redaction import redact_lines
from ktui.text import clean
from ktui.tui.logs.buffer import Source

_COLOURS: Final = ("cyan", "yellow", "magenta", "green", "blue")


class Printer:
    """Prints lines of containers. Of several, each line begins with the name of its pod (and of its container)."""

    def __init__(self, sources: Sequence[Source] = ()) -> None:
        self._sources: dict[Source, str] = {}
        self._width = 0
        self.know(sources)

    def know(self, sources: Sequence[Source]) -> None:
        """These containers are to be distinguished, too."""
        known = dict.fromkeys((*self._sources, *sources))
        with_container = len({source.container for source in known}) > 1
        self._sources = {
            source: clean(f"{source.short}/{source.container}" if with_container else source.short) for source in known
        }
        self._width = max(map(cell_len, self._sources.values()), default=0)

    def name(self, source: Source) -> str:
        """The pod, and the container if they differ."""
        return self._sources[source]

    def lines(self, source: Source, texts: Sequence[str]) -> None:
        """Print lines of one container, which were written one after another: a secret may take several."""
        if not texts:
            return
        colour = _COLOURS[list(self._sources).index(source) % len(_COLOURS)]
        name = self._sources[source]
        prefix = [(f"{name}{' ' * (self._width - cell_len(name))}  ", colour)] if len(self._sources) > 1 else []
        for text in redact_lines(texts):
            printing.spans([*prefix, (text, "")])

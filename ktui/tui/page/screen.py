"""A pod, a cause or an event in full: everything there is to read about it, and ways to take it along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui import signs
from ktui.kube.errors import KubeError
from ktui.text import clean
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Line, Pages, Painting, Span, wrap
from ktui.tui.keymap import bind
from ktui.tui.page.sections import Page
from ktui.tui.terminal.clipboard import copy

Yaml = Callable[[], Awaitable[list[str]]]
"""Reads the object, as lines of YAML. Raises KubeError."""

_INTERVAL: Final = 1.0
"""Seconds between looks at what the page is about."""

_MOST_LINES: Final = 60
"""Lines that one text of a page may take."""


class PageScreen(Dialog[None]):
    """One page over a screen. It follows what it is about; when that is gone, what was last known stays."""

    takes_answers = False
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape,q,enter", "dismiss"),
        bind("y", "yaml"),
        bind("c", "copy"),
        bind("l", "logs"),
    ]

    def __init__(
        self,
        make: Callable[[], Page | None],
        folder: Path | None,
        *,
        yaml: Yaml | None = None,
        logs: Callable[[], None] | None = None,
    ) -> None:
        """`make` makes the page as it is now; None once what it is about is gone. `folder` takes what is copied."""
        super().__init__()
        self._make, self._folder, self._read_yaml, self._open_logs = make, folder, yaml, logs
        self._page = make() or Page("gone", ())
        self._gone = False
        self._yaml: list[str] | None = None
        self.starts_as_yaml = False
        """Whether it opens as YAML, and not as text."""

    @property
    def has_yaml(self) -> bool:
        """Whether what it is about can be read as YAML."""
        return self._read_yaml is not None

    def compose(self) -> ComposeResult:
        """The title, the text, the keys."""
        with Vertical(classes="dialog -page"):
            yield Painting(id="page-title", classes="dialog-title")
            yield Pages(id="page")
            yield DialogKeys()

    def on_mount(self) -> None:
        """Keys scroll the page."""
        self.query_one(Pages).focus()
        self.set_interval(_INTERVAL, self._update)
        if self.starts_as_yaml:
            self.call_after_refresh(self.action_yaml)

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(self._draw)

    def on_scroll_room_changed(self) -> None:
        """The scrollbar takes a cell of each line."""
        self._draw()

    @property
    def text(self) -> str:
        """All that it shows, as text."""
        return "\n".join(self._yaml) + "\n" if self._yaml is not None else self._page.text

    def _update(self) -> None:
        page = self._make()
        self._gone = page is None
        self._page = page or self._page
        self._draw()

    def _draw(self) -> None:
        if not self.is_attached or not self.query(Pages):
            return
        pages = self.query_one(Pages)
        cells = max(20, pages.scrollable_content_region.width)
        gone = [Span(f"   {signs.TIMES} gone: this is its last known state", "failed")] if self._gone else []
        self.query_one("#page-title", Painting).show([[Span(self._page.title, "title"), *gone]])
        pages.show(self._yaml_lines(cells) if self._yaml is not None else _lines(self._page, cells))
        hints = [
            *([Hint("y", "text" if self._yaml is not None else "YAML", "screen.yaml")] if self._read_yaml else []),
            *([Hint("l", "logs", "screen.logs")] if self._open_logs else []),
            Hint("c", "copy", "screen.copy"),
            Hint("↑ ↓", "scroll", ""),
            Hint("esc", "close", "screen.dismiss"),
        ]
        self.query_one(DialogKeys).offer(*hints)

    def _yaml_lines(self, cells: int) -> list[Line]:
        return [[Span(part)] for line in self._yaml or () for part in wrap(line, cells, _MOST_LINES) or [""]]

    async def action_yaml(self) -> None:
        """Show the object as YAML, or the text again."""
        if self._read_yaml is None:
            self.app.bell()
            return
        if self._yaml is not None:
            self._yaml = None
        else:
            try:
                self._yaml = await self._read_yaml()
            except KubeError as error:
                self.app.notify(clean(str(error)), severity="error", markup=False)
        self._draw()

    def action_copy(self) -> None:
        """Copy what is shown."""
        copy(self.app, self.text, "The page", self._folder)

    def action_logs(self) -> None:
        """Open the logs of the pod."""
        if self._open_logs is None:
            self.app.bell()
            return
        self.dismiss()
        self._open_logs()


def _lines(page: Page, cells: int) -> list[Line]:
    lines: list[Line] = []
    for section in page.sections:
        lines += [*([[]] if lines else []), [Span(section.title, "head")]]
        for text, style in section.texts:
            indent = len(text) - len(text.lstrip())
            parts = wrap(text.lstrip(), max(10, cells - indent), _MOST_LINES)
            lines += [[Span(" " * indent + part, style)] for part in parts]
    return lines

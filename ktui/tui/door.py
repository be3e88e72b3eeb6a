"""The one door to the terminal: every text on a screen passes it, no matter who wrote it.

ktui's own lines are spans that its two painting widgets draw. Textual's widgets are used through the classes below,
which take text, never markup, and clean it. Nothing else in `ktui.tui` may make a widget of Textual's that bears text
(tests/tui/test_door.py). Behind them all hangs a net: `Net` sees each line that is drawn, of Textual's own palette and
tooltips too, and lets nothing through that a terminal would obey.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.input import Selection
from textual.widgets.option_list import Option

from ktui import signs
from ktui.text import clean, visible

_REMEMBERED: Final = 200
"""How many of the last notes are remembered."""


class Said(NamedTuple):
    """A note that was shown in the corner of the screen."""

    at: datetime
    severity: SeverityLevel
    text: str


class CleanApp(App[None]):
    """An app whose notes, clipboard and lines are clean, whatever is handed to it. It remembers the last notes."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.messages: deque[Said] = deque(maxlen=_REMEMBERED)

    def now(self) -> datetime:
        """The time that a note is said at."""
        return datetime.now(UTC)

    in_ascii = False
    """Whether signs are drawn in ASCII: those of ktui, and those that Textual's widgets draw."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell a person something in a corner of the screen. It is text, and is never read as markup."""
        self.messages.append(Said(self.now(), severity, clean(message)))
        super().notify(clean(message), title=clean(title), severity=severity, timeout=timeout, markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Put text on the clipboard, where the terminal lets us: what is pasted into a shell is visible, all of it."""
        super().copy_to_clipboard(visible(text, keep="\n"))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line of each widget goes through when it is drawn."""
        return [*super().get_line_filters(), _NET, *([_ASCII] if self.in_ascii else [])]


class Words(Label):
    """A text that does not change by itself."""

    def __init__(self, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(Content(clean(text)), classes=classes, markup=False)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show another text."""
        super().update(Content(clean(content)) if isinstance(content, str) else content, layout=layout)


class Field(Input):
    """A line to type in, with a text in it or without: what is typed, pasted or there at first is visible."""

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "", select: bool = False) -> None:
        super().__init__(visible(value), id=id, placeholder=clean(placeholder), compact=True, select_on_focus=select)

    def select_from(self, start: int) -> None:
        """Select what is behind so many characters, so that typing replaces that."""
        self.selection = Selection(start, len(self.value))

    def validate_value(self, value: str) -> str:
        """What it holds, however that came in."""
        return visible(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put a text in, with the cursor behind it. A mark belongs to the letter that it is typed after."""
        before = self.value[: min(start, end)]
        super().replace(visible(before + text)[len(before) :], start, end)


class Choices(OptionList):
    """A list to choose from. A choice is known by its value, which may be anything, and shown by its label."""

    _PREFIX: Final = "choice:"

    def fill(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer these, as value and label, and no others."""
        self.clear_options()
        self.add_options(Option(Content(visible(label)), id=f"{self._PREFIX}{value}") for value, label in choices)

    @property
    def values(self) -> list[str]:
        """What there is to choose from, in order."""
        return [self.value_of(option.id) for option in self.options]

    @property
    def chosen(self) -> str | None:
        """The value under the cursor; None where there is nothing to choose."""
        return self.values[self.highlighted] if self.highlighted is not None and self.option_count else None

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        # In a terminal that is too small to show any choice there are no pages, and Textual would look for one.
        if self.scrollable_content_region:
            super()._move_page(direction)

    @classmethod
    def value_of(cls, option_id: str | None) -> str:
        """The value of what was clicked."""
        return (option_id or "").removeprefix(cls._PREFIX)


def plain(text: str) -> Content:
    """A text as Textual's own widgets take it, so that they do not read it as markup."""
    return Content(clean(text))


def without_markup(text: str) -> str:
    """A text for the help lines of Textual's palette, which reads them as markup, and no escape is safe."""
    return clean(text).translate(str.maketrans("[]", "()"))


@lru_cache(maxsize=256)
def link_to(address: str) -> Style:
    """The style of a link (OSC 8) that leads to what it says itself: `address` is a web address, and on the screen."""
    # Rich gives each link a number by chance: the same one for the same address, so that nothing is drawn again.
    return Style(link=address)


def takes_text(widget: Widget | None) -> bool:
    """Whether what is typed goes into that widget, one of Textual's own included."""
    return isinstance(widget, Input)


def type_into(widget: Widget | None, character: str) -> None:
    """Put a character into a widget that takes text, in place of what is selected there."""
    if isinstance(widget, Input):
        widget.replace(character, *sorted(widget.selection))


def selected_in(widget: Widget | None) -> str:
    """What is selected of what is typed there, if anything is."""
    return widget.selected_text if isinstance(widget, Input) else ""


class Net(LineFilter):
    """Replaces whatever a terminal would obey or could not print, in each line as it is drawn.

    Nothing is meant to be caught here: what is was not cleaned before, and keeps the room that was reckoned with.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line, fit to be written."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment._replace(text=_caught(segment.text)) for segment in segments]


def _caught(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" * cell_len(letter) for letter in text)


class InAscii(LineFilter):
    """Draws ASCII for each sign, in the same cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line, without signs."""
        return [segment._replace(text=signs.in_ascii(segment.text)) for segment in segments]


_NET: Final = Net()
_ASCII: Final = InAscii()
"""One of each for all: Textual keeps what it has filtered by the filter."""

"""Lines of text with named styles, and the two widgets that draw them.

What a screen shows is worked out by pure functions as lines of spans. A span names its style (`failed`, `dim`), and
the style sheets say what that looks like in each theme; text in a span is text, never markup, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from ktui import signs
from ktui.tui.door import link_to
from ktui.tui.keymap import moving


class Span(NamedTuple):
    """Text in one style; with an action (`app.help`), a click runs it."""

    text: str
    style: str = ""
    action: str = ""


Line = Sequence[Span]

_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")

STYLES: Final = frozenset(
    {
        "failed", "stalled", "progressing", "held", "paused", "deleted", "complete", "zero",
        "new", "starting", "old", "broken", "stopping", "gone", "flash",
        "title", "strong", "dim", "key", "off", "warn", "good", "head", "cursor", "add", "remove", "frame", "rest",
        "pod0", "pod1", "pod2", "pod3", "pod4", "match",
    }
)  # fmt: skip
"""The names that spans may use; each is a component class `paint--NAME` in styles/paint.tcss."""

COMPONENTS: Final = frozenset(f"paint--{name}" for name in STYLES)
"""These classes, for the app to have as its COMPONENT_CLASSES.

Textual works all component classes of a widget out again whenever its style may have changed. Once for the app costs
2 ms; once for each widget that paints was a third of the time to the first frame.
"""


def width(line: Line) -> int:
    """How many cells a line takes."""
    return sum(cell_len(span.text) for span in line)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Text in exactly so many cells: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    length = cell_len(text)
    if length > cells:
        return set_cell_size(text, cells - 1) + signs.ELLIPSIS
    gap = " " * (cells - length)
    return gap + text if right else text + gap


def cut(text: str, cells: int) -> str:
    """Text in at most so many cells."""
    return fit(text, cells) if cell_len(text) > cells else text


def cut_front(text: str, cells: int) -> str:
    """Text in at most so many cells, cut at its beginning."""
    over = cell_len(text) - cells
    if over <= 0 or cells < 1:
        return text
    kept = list(text)
    # One more, for the ellipsis. A mark goes with the letter that it is on.
    while kept and over >= 0:
        over -= cell_len(kept.pop(0))
    while kept and cell_len(kept[0]) == 0:
        kept.pop(0)
    return signs.ELLIPSIS + "".join(kept)


def between(left: Line, right: Line, cells: int) -> list[Span]:
    """Two lines at the two ends of one; where there is no room for both, the left one is cut."""
    room = cells - width(right) - 1
    gap = room - width(left) + 1
    return [*left, Span(" " * gap), *right] if gap > 0 else [*shorten(left, room), Span(" "), *right]


def shorten(line: Line, cells: int) -> list[Span]:
    """A line in at most so many cells, with an ellipsis where it was cut."""
    kept: list[Span] = []
    left = cells
    for index, span in enumerate(line):
        length = cell_len(span.text)
        if length > left or (length == left and width(line[index + 1 :]) > 0):
            if left > 0:
                kept.append(span._replace(text=set_cell_size(span.text, left - 1) + signs.ELLIPSIS))
            return kept
        kept.append(span)
        left -= length
    return kept


def chopped(text: str, cells: int) -> list[str]:
    """Text in parts of at most so many cells, one at least: a terminal may be so small that there is no room at all."""
    return chop_cells(text, max(1, cells)) or [""]


def wrap(text: str, cells: int, most: int) -> list[str]:
    """Text on at most so many lines, broken between words, and within words that are longer than a line.

    The last line is cut where the text does not fit.
    """
    lines: list[str] = []
    words = [part for word in text.split(" ") for part in chopped(word, cells)]
    while words and len(lines) < most:
        line = words.pop(0)
        while words and cell_len(line) + 1 + cell_len(words[0]) <= cells:
            line = f"{line} {words.pop(0)}"
        if words and len(lines) == most - 1:
            line = f"{line} {' '.join(words)}"
        lines.append(cut(line, cells))
    return lines


def linked(text: str, style: Style) -> list[Segment]:
    """Text in one style, in which a web address is a link (OSC 8) to what it says itself. One that is cut is none."""
    segments, at = [], 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?)")
        end = found.start() + len(address)
        after = text[found.end() : found.end() + 1]
        if after != signs.ELLIPSIS and not after.isalnum():
            segments += [Segment(text[at : found.start()], style), Segment(address, style + link_to(address))]
            at = end
    return [each for each in (*segments, Segment(text[at:], style)) if each.text]


class _Painter(Widget):
    """What both widgets share: spans to strips, and clicks to actions."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_known: dict[str, Style] = {"": Style.null()}

    def notify_style_update(self) -> None:
        """Forget the old colours."""
        self._styles_known = {"": Style.null()}
        super().notify_style_update()

    def strip(self, line: Line, cells: int, base: str = "") -> Strip:
        """A line as Textual draws it, in exactly so many cells; `base` lies below every span."""
        ground = self.rich_style + self._style(base)
        segments: list[Segment] = []
        for span in line:
            style = ground + self._style(span.style) if span.style else ground
            segments += linked(span.text, style) if "://" in span.text else (Segment(span.text, style),)
        return Strip(segments).adjust_cell_length(cells, ground)

    def _style(self, name: str) -> Style:
        style = self._styles_known.get(name)
        if style is None:
            style = self.app.get_component_styles(f"paint--{name}").partial_rich_style
            self._styles_known[name] = style
        return style

    async def click(self, line: Line, x: int) -> bool:
        """Run the action of the span at that column; whether there was one."""
        for span in line:
            x -= cell_len(span.text)
            if x < 0:
                if span.action:
                    await self.run_action(span.action)
                return bool(span.action)
        return False


class Painting(_Painter):
    """A few lines that do not scroll."""

    DEFAULT_CSS = "Painting { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; nothing is repainted when they are what is shown."""
        new = list(lines)
        if new != self._lines:
            taller = len(new) != len(self._lines)
            self._lines = new
            self.refresh(layout=taller)

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: D102
        return len(self._lines)

    def render_line(self, y: int) -> Strip:  # noqa: D102
        return self.strip(self._lines[y] if y < len(self._lines) else (), self.content_size.width)

    async def on_click(self, event: events.Click) -> None:
        """Run the action below the mouse."""
        y = event.y - self.gutter.top
        if 0 <= y < len(self._lines):
            await self.click(self._lines[y], event.x - self.gutter.left)


class _Drawn(NamedTuple):
    line: Line
    cells: int
    under_cursor: bool
    strip: Strip


class Scroll(_Painter, ScrollView, can_focus=True, inherit_bindings=False):
    """Many lines, of which only those in sight are worked out and drawn.

    The lines may be any sequence: one that makes each line when it is asked for it costs nothing out of sight.
    What its keys do is for the screen to say; `Pages` has keys to read on.
    """

    # Of two bases, Textual takes over the default styles of the first alone.
    DEFAULT_CSS = "Scroll { overflow-x: hidden; overflow-y: auto; }"

    class Picked(Message):
        """A line was clicked; `opens` where that was the second click of a double one."""

        def __init__(self, scroll: Scroll, line: int, *, opens: bool) -> None:
            super().__init__()
            self.scroll, self.line, self.opens = scroll, line, opens

        @property
        def control(self) -> Scroll:
            """The lines that were clicked into."""
            return self.scroll

    class RoomChanged(Message):
        """Lines have more cells than before, or fewer: those that were made for so many are to be made again."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._room = 0
        self._drawn: dict[int, _Drawn] = {}
        self.cursor_line: int | None = None
        self._cursor_height = 1

    def show(self, lines: Sequence[Line], cursor: int | None = None, *, height: int = 1) -> None:
        """Show these lines, with a cursor on one or more; only lines in sight that differ are repainted."""
        resized = len(lines) != len(self._lines)
        self._lines, self.cursor_line, self._cursor_height = lines, cursor, height
        if resized:
            self._resize()
            self.refresh()
            return
        for index in self.in_sight:
            drawn = self._drawn.get(index)
            if drawn is None or drawn.line != lines[index] or drawn.under_cursor != self._is_under_cursor(index):
                self.refresh_line(index)

    @property
    def text(self) -> str:
        """What is there, in sight or not, as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    async def on_click(self, event: events.Click) -> None:
        """Tell which line was clicked."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._lines):
            self.post_message(self.Picked(self, index, opens=event.chain == 2))

    def keep_in_sight(self, line: int) -> None:
        """Scroll as little as is needed to see that line."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if line < top:
            self.scroll_to(y=line, animate=False)
        elif height and line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False)

    @property
    def page(self) -> int:
        """How many lines are in sight at once."""
        return max(1, self.scrollable_content_region.height)

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old colours."""
        self._drawn.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Lines are as wide as the widget: there is no scrolling sideways."""
        self._resize()
        self._tell_room()

    def watch_show_vertical_scrollbar(self) -> None:
        """The bar takes a cell of each line, and coming and going it resizes nothing."""
        self._tell_room()

    def render_line(self, y: int) -> Strip:  # noqa: D102
        index = y + self.scroll_offset.y
        cells = self.scrollable_content_region.width
        if index >= len(self._lines):
            return Strip.blank(cells, self.rich_style)
        line, under_cursor = self._lines[index], self._is_under_cursor(index)
        drawn = self._drawn.get(index)
        if drawn is not None and drawn[:3] == (line, cells, under_cursor):
            return drawn.strip
        strip = self.strip(line, cells, "cursor" if under_cursor else "")
        self._drawn[index] = _Drawn(line, cells, under_cursor, strip)
        return strip

    @property
    def in_sight(self) -> range:
        """The lines that are to be seen now."""
        top = self.scroll_offset.y
        return range(top, min(top + self.page, len(self._lines)))

    def _is_under_cursor(self, line: int) -> bool:
        return self.cursor_line is not None and 0 <= line - self.cursor_line < self._cursor_height

    def _tell_room(self) -> None:
        room = self.scrollable_content_region.width
        if room != self._room:
            self._room = room
            self.post_message(self.RoomChanged())

    def _resize(self) -> None:
        self._drawn.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))


class Pages(Scroll, inherit_bindings=False):
    """Lines to read: the keys of a pager. Each takes effect at once, so that none is lost to one that follows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("by", "page"),
    ]

    def action_by(self, lines: int) -> None:
        """Scroll by so many lines, as far as there are any."""
        self.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by what is in sight."""
        self.action_by(pages * self.page)

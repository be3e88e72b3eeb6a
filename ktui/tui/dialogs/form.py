"""Ask for several values at once, each with what is wrong with it beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import DescendantFocus

from ktui.tui.dialogs import form_lines
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.form_lines import Choice, Entry, FormField, Read, Reading, Values
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Field, Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting, Span
from ktui.tui.keymap import answer


class _Options(Painting, can_focus=True):
    """The options of a choice, one below the other."""


class FormScreen(Dialog[Values | None]):
    """Fields to fill in, all in sight where there is room. Returns the values by name, or None.

    `read` says what the values come to while they are typed. What is wrong is said only from the first enter on, for
    half of a value is not wrong yet. Nothing that was typed is lost.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("escape", "dismiss(None)"),
        answer("enter", "take"),
        answer("down", "move(1)"),
        answer("up", "move(-1)"),
        answer("left", "choose(-1)"),
        answer("right,space", "choose(1)"),
        answer("y", "choose_word('yes')"),
        answer("n", "choose_word('no')"),
    ]

    def __init__(self, title: str, fields: Sequence[FormField], read: Read) -> None:
        super().__init__()
        self._title, self._fields, self._read = title, fields, read
        self._values = {field.name: field.value for field in fields}
        self._typed = dict(self._values)
        """What was typed in a field before one of the values that it offers was taken."""
        self._offered: dict[str, int] = {}
        """Which of the values that it offers a field holds, where it holds one."""
        self._at = 0
        """The field that the keys go to."""
        self._is_strict = False

    def compose(self) -> ComposeResult:
        """A title, and for each field what is asked for, the value, what is said of it."""
        with Vertical(classes="dialog -form"):
            yield Words(self._title, classes="dialog-title")
            with VerticalScroll(classes="fields", can_focus=False):
                for index, field in enumerate(self._fields):
                    yield Painting(id=f"label-{index}", classes="form-label" if index else "")
                    if isinstance(field, Entry):
                        yield Field(field.value, id=f"field-{index}")
                    else:
                        yield _Options(id=f"field-{index}")
                    yield Painting(id=f"said-{index}")
            yield DialogKeys()

    def on_mount(self) -> None:
        """Type at once, in the first field."""
        for index, field in enumerate(self._fields):
            if isinstance(field, Entry):
                self._line(index).select_from(field.kept)
        self._focus(0)
        keys = [Hint("enter", "preview: nothing is sent yet", "screen.take")]
        keys += [Hint("esc", "cancel", "screen.dismiss(None)")]
        if any(isinstance(field, Entry) and field.offered for field in self._fields):
            keys.append(Hint("↑↓", "choose", "screen.move(1)"))
        if len(self._fields) > 1:
            keys.append(Hint("tab", "next field", "app.focus_next"))
        self.query_one(DialogKeys).offer(*keys)

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(self._draw)

    def _line(self, index: int) -> Field:
        return self.query_one(f"#field-{index}", Field)

    def _focus(self, index: int) -> None:
        self.query_one(f"#field-{index}").focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Show where the keys go."""
        self._at = int((event.widget.id or "field-0").removeprefix("field-"))
        self._draw()

    def on_input_changed(self, event: Field.Changed) -> None:
        """Say what it comes to now."""
        index = int((event.input.id or "field-0").removeprefix("field-"))
        field = self._fields[index]
        assert isinstance(field, Entry)
        taken = self._offered.get(field.name)
        if taken is None or field.offered[taken].value != event.value:
            self._offered.pop(field.name, None)
            self._typed[field.name] = event.value
        self._values[field.name] = event.value
        self._draw()

    def on_input_submitted(self) -> None:
        """Enter in a line takes all of them."""
        self.action_take()

    # Drawing

    def _draw(self) -> None:
        room = self.query_one(".fields").scrollable_content_region.width
        if not room:
            return
        reading, is_short, height = self._read(self._stripped), self.has_class("-short"), 0
        for index, field in enumerate(self._fields):
            shown = form_lines.label(field, room, is_focused=index == self._at)
            self.query_one(f"#label-{index}", Painting).show(shown)
            if isinstance(field, Choice):
                meanings = reading.options.get(field.name, {})
                options = form_lines.options(field, index, self._values[field.name], meanings, room)
                self.query_one(f"#field-{index}", Painting).show(options)
                height += len(options)
            below = form_lines.said(self._sentence(reading, field.name), room)
            if isinstance(field, Entry) and index == self._at:
                below += form_lines.offers(field, index, self._offered.get(field.name), room)
            if isinstance(field, Entry):
                height += 1
                if not below and not is_short:
                    # The line has its place before there is anything to say, so that nothing jumps.
                    below = [[]]
            self.query_one(f"#said-{index}", Painting).show(below)
            height += len(shown) + len(below) + (1 if index and not is_short else 0)
        self.fit(self.query_one(".fields"), height)
        self.call_after_refresh(self._show_focused)

    def _sentence(self, reading: Reading, name: str) -> Span | None:
        if self._is_strict and name in reading.wrong:
            return Span(reading.wrong[name], "failed")
        return reading.notes.get(name)

    def _show_focused(self) -> None:
        # What is said of a field belongs to it, but the line that is typed in comes first.
        self.query_one(f"#said-{self._at}").scroll_visible(animate=False)
        self.query_one(f"#field-{self._at}").scroll_visible(animate=False)

    # What the keys do

    @property
    def _stripped(self) -> Values:
        return {name: value.strip() for name, value in self._values.items()}

    def action_take(self) -> None:
        """Take the values if nothing is wrong with them; else go to the first that is."""
        wrong = self._read(self._stripped).wrong
        first = next((index for index, field in enumerate(self._fields) if field.name in wrong), None)
        if first is None:
            self.dismiss(self._stripped)
            return
        self._is_strict = True
        self._focus(first)
        self._draw()

    def action_move(self, by: int) -> None:
        """Go through what a field offers, and on to the next field, or back."""
        field = self._fields[self._at]
        if isinstance(field, Entry):
            at = self._offered.get(field.name, -1) + by
            if -1 <= at < len(field.offered) and (at >= 0 or by < 0) and self._offered.get(field.name, -1) != at:
                self._take(self._at, at)
                return
        self._focus(min(max(0, self._at + by), len(self._fields) - 1))

    def _take(self, index: int, at: int) -> None:
        """Put a value in that the field offers; of -1 that which was typed."""
        field = self._fields[index]
        assert isinstance(field, Entry)
        if at < 0:
            self._offered.pop(field.name, None)
        else:
            self._offered[field.name] = at
        line = self._line(index)
        line.value = self._typed[field.name] if at < 0 else field.offered[at].value
        line.action_end()
        self._draw()

    def action_take_offered(self, index: int, at: int) -> None:
        """Take the value that was clicked."""
        self._focus(index)
        self._take(index, at)

    def action_choose(self, by: int) -> None:
        """Another option of the choice that the keys go to."""
        field = self._fields[self._at]
        if isinstance(field, Choice):
            at = (list(field.options).index(self._values[field.name]) + by) % len(field.options)
            self.action_choose_option(self._at, field.options[at])

    def action_choose_word(self, word: str) -> None:
        """The option of that name, if the choice that the keys go to has one."""
        field = self._fields[self._at]
        if isinstance(field, Choice) and word in field.options:
            self.action_choose_option(self._at, word)

    def action_choose_option(self, index: int, option: str) -> None:
        """Choose that option."""
        self._values[self._fields[index].name] = option
        self._focus(index)
        self._draw()

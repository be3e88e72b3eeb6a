"""A question that sends something: yes is only what was pressed after the question could be read."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer

from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.dismissal import Answer
from ktui.tui.door import Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Pages
from ktui.tui.keymap import answer


class Readable:
    """Whether a question has been there long enough to be read: so many seconds, and none of them with a yes.

    A key that is pressed too early starts the time again. So neither a key that was typed ahead, nor a second tap, nor
    a key that is held down is an answer. Times are seconds of one clock.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def asked(self, at: float) -> None:
        """All of the question is to be seen from now on."""
        self._since = at

    def withdrawn(self) -> None:
        """The question has changed, and is not to be seen in full yet."""
        self._since = None

    def takes(self, at: float) -> bool:
        """Whether yes counts now; if not, the time starts again."""
        if self.holds(at):
            return True
        if self._since is not None:
            self._since = at
        return False

    def holds(self, at: float) -> bool:
        """Whether yes would count now."""
        return self._since is not None and at - self._since >= self._seconds

    @property
    def seconds(self) -> float:
        """How long it takes from now on, if nothing is pressed."""
        return self._seconds


class Question(Dialog[Answer]):
    """A plan to say yes or no to. Only `y` is yes: Enter, which led here from a form, sends nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("y", "yes", priority=True),
        answer("enter", "not_yes", priority=True),
    ]

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._readable = Readable(seconds)
        self._waits: Timer | None = None
        self._asked_at = time.monotonic()

    @property
    def question(self) -> str:
        """What is asked, in a line."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The title, what there is to know, the keys."""
        with Vertical(classes="dialog -plan"):
            yield Words(self.question, classes="dialog-title")
            yield Pages(id="plan")
            yield DialogKeys()

    def on_mount(self) -> None:
        """Ask the server at once."""
        self.query_one(Pages).focus()
        self.run_worker(self.ask(), exclusive=True)
        self.set_interval(1.0, self._draw_while_asking)

    def _draw_while_asking(self) -> None:
        if self.is_asking:
            self.draw()

    @property
    def is_asking(self) -> bool:
        """Whether the server has yet to answer."""
        raise NotImplementedError

    def asking(self, what: str) -> str:
        """What the server is being asked, and from the first second on for how long, and how to stop that."""
        seconds = time.monotonic() - self._asked_at
        return f"{what}…" if seconds < 1 else f"{what}… {seconds:.0f}s; n stops"

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(self.draw)

    async def ask(self) -> None:
        """Ask the server what would come of it, and then the person."""
        raise NotImplementedError

    @property
    def can_say_yes(self) -> bool:
        """Whether the server has said what would come of it, and there is something to do."""
        raise NotImplementedError

    def agree(self) -> None:
        """The person said yes."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def asks(self) -> None:
        """Draw the question as it is now; from here on it can be read, if the server has answered."""
        if self.can_say_yes:
            self._readable.asked(time.monotonic())
        else:
            self._readable.withdrawn()
        self._wait()

    def _wait(self) -> None:
        if self._waits is not None:
            self._waits.stop()
        if self.can_say_yes and not self._readable.holds(time.monotonic()):
            self._waits = self.set_timer(self._readable.seconds, self._wait)
        self.draw()

    def yes_hint(self, label: str = "yes") -> Hint:
        """How to say yes, once that counts; what stands in its place until then is as wide."""
        if self.can_say_yes and self._readable.holds(time.monotonic()):
            return Hint("y", label, "screen.yes")
        return Hint("y", "…", "screen.yes", is_open=False)

    def action_yes(self) -> None:
        """Send it, if the server has agreed to the dry run, and the question has been there to read."""
        if self.can_say_yes and self._readable.takes(time.monotonic()):
            self.agree()
            return
        self.app.bell()
        if self.can_say_yes:
            self._wait()

    def action_not_yes(self) -> None:
        """Enter is no answer: who presses it twice in a form must not agree to what comes after it."""
        self.app.bell()
        self.notify("Press y to send this, or n to leave it.", severity="warning", timeout=4)

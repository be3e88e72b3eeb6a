"""Say yes or no to an action on several rollouts, with each of them in sight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import BindingType

from ktui import signs
from ktui.actions.batch import Batch
from ktui.kube.progress import Progress
from ktui.text import clean
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.dialogs.question import Question
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.difference import Lines, bullet
from ktui.tui.draw.widgets import Pages, Span, wrap
from ktui.tui.keymap import answer


class ConfirmBatchScreen(Question[Batch | None]):
    """Every plan in a line with its warnings, what is left out and why, and the total.

    There is no saying yes before the server has answered for all of them and that could be read, nor if none is open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("n,escape,q", "dismiss(None)", priority=True),
        answer("c", "copy"),
    ]

    def __init__(
        self,
        title: str,
        ask: Callable[[], Awaitable[Batch]],
        progress: Progress | None = None,
        *,
        note: str = "",
        to_read: float,
    ) -> None:
        """`progress` knows how many of them the server has answered for."""
        super().__init__(to_read)
        self._progress = progress
        self._title, self._ask_server, self._note = title, ask, note
        self._batch: Batch | None = None

    @property
    def question(self) -> str:  # noqa: D102
        return self._title

    @property
    def can_say_yes(self) -> bool:  # noqa: D102
        return self._batch is not None and bool(self._batch.accepted)

    @property
    def is_asking(self) -> bool:  # noqa: D102
        return self._batch is None

    def _asking(self) -> str:
        steps = self._progress.steps if self._progress is not None else None
        return self.asking(f"asking the server about each of them{f', {steps[0]} of {steps[1]} done' if steps else ''}")

    async def ask(self) -> None:  # noqa: D102
        self._batch = await self._ask_server()
        self.asks()

    def draw(self) -> None:  # noqa: D102
        pages = self.query_one("#plan", Pages)
        room = max(30, pages.scrollable_content_region.width)
        lines = lines_of(self._batch, room, self._asking())
        if self._note:
            lines[:0] = [[], *([Span(text, "warn")] for text in wrap(self._note, room, 3))]
        # The answers below it are never pushed off the screen: what does not fit is scrolled to.
        self.fit(pages, len(lines))
        pages.show(lines)
        no = Hint("n", "no", "screen.dismiss(None)")
        if self._batch is None:
            self.query_one(DialogKeys).offer(self.yes_hint(), no)
            return
        if not self.can_say_yes:
            self.query_one(DialogKeys).offer(no)
            return
        yes = self.yes_hint(f"yes, to {self._batch.total}")
        self.query_one(DialogKeys).offer(yes, no, Hint("c", "copy the kubectl commands", "screen.copy"))

    def agree(self) -> None:  # noqa: D102
        self.dismiss(self._batch)

    def action_copy(self) -> None:
        """Put the kubectl commands on the clipboard, where the terminal lets us (OSC 52)."""
        if self._batch is not None:
            self.app.copy_to_clipboard("\n".join(_commands(self._batch)))
            self.notify("The kubectl commands are on the clipboard, if this terminal allows it.")


def lines_of(batch: Batch | None, room: int, asking: str) -> Lines:
    """What there is to know, in so many cells; what it is `asking` where the server has not answered yet."""
    if batch is None:
        return [[], [Span(asking, "dim")]]
    lines: Lines = [[]]
    for accepted in batch.accepted:
        made = accepted.plan
        lines += bullet(signs.BULLET, f"{made.title}: {' '.join(made.effects)}", room, "")
        seen = accepted.preview
        for sentence in (*made.warnings, *seen.warnings, *([seen.untried] if seen.untried else [])):
            lines += bullet("!", sentence, room, "warn")
    if batch.left_out:
        lines += [[], [Span("LEFT OUT", "head")]]
        for left in batch.left_out:
            lines += bullet(signs.TIMES, f"{left.target}: {left.reason}", room, "warn")
    if not batch.accepted:
        return [*lines, [], [Span("None of them allows this.", "failed")]]
    lines += [[], [Span("IN ALL", "head")]]
    lines += bullet(
        "",
        f"{batch.total}. The server accepts each of them (dry run). They are done one after another, and it stops at "
        "the first that fails or has changed by then.",
        room,
        "",
    )
    lines += [[], [Span("THE SAME WITH KUBECTL", "head")]]
    for command in _commands(batch):
        lines += [[Span(text, "dim")] for text in wrap(clean(command), room, 6)]
    return lines


def _commands(batch: Batch) -> list[str]:
    return [command for accepted in batch.accepted for command in accepted.plan.commands]

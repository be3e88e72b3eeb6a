"""Say yes or no to a plan, with everything about it in sight."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import BindingType

from ktui import signs
from ktui.actions.outcome import Conflict, Failed
from ktui.actions.preview import Preview
from ktui.plans.change_cause import cause_of, with_cause, wrong_cause
from ktui.plans.plan import Plan
from ktui.text import clean
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.dialogs.question import Question
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.difference import bullet, fields
from ktui.tui.draw.widgets import Pages, Span, wrap
from ktui.tui.keymap import answer

Ask = Callable[[Plan], Awaitable[Preview | Conflict | Failed]]
"""Asks the server what would come of the plan."""


class ConfirmScreen(Question[bool]):
    """The plan in sentences with numbers, the difference that the server's dry run returned, the way back.

    There is no saying yes before the server has answered and that could be read, nor after it has refused.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("n,escape,q", "dismiss(False)", priority=True),
        answer("c", "copy"),
        answer("m", "change_cause"),
    ]

    def __init__(self, plan: Plan, ask: Ask, *, note: str = "", to_read: float) -> None:
        super().__init__(to_read)
        self.plan, self._ask_server, self._note = plan, ask, note
        self._answer: Preview | Conflict | Failed | None = None

    @property
    def question(self) -> str:  # noqa: D102
        return self.plan.title

    @property
    def can_say_yes(self) -> bool:  # noqa: D102
        return isinstance(self._answer, Preview)

    @property
    def is_asking(self) -> bool:  # noqa: D102
        return self._answer is None

    async def ask(self) -> None:  # noqa: D102
        self._asked_at = time.monotonic()
        self._answer = await self._ask_server(self.plan)
        self.asks()

    def draw(self) -> None:  # noqa: D102
        pages = self.query_one("#plan", Pages)
        lines = self._lines(max(30, pages.scrollable_content_region.width))
        # The answers below it are never pushed off the screen: what does not fit is scrolled to.
        self.fit(pages, len(lines))
        pages.show(lines)
        yes = [self.yes_hint()] if self._answer is None or self.can_say_yes else []
        no, copy = Hint("n", "no", "screen.dismiss(False)"), Hint("c", "copy the kubectl command", "screen.copy")
        cause = [Hint("m", "change-cause", "screen.change_cause")] if self.plan.annotate else []
        self.query_one(DialogKeys).offer(*yes, no, *cause, copy)

    def _lines(self, room: int) -> list[list[Span]]:
        plan = self.plan
        lines: list[list[Span]] = [[]]
        if self._note:
            lines += [[Span(text, "warn")] for text in wrap(self._note, room, 3)] + [[]]
        for sentence in plan.effects:
            lines += bullet(signs.BULLET, sentence, room, "")
        for sentence in plan.warnings:
            lines += bullet("!", sentence, room, "warn")
        lines += [[], [Span("CHANGES, AS THE SERVER'S DRY RUN RETURNED THEM", "head")], *self._difference(room)]
        lines += [[], [Span("UNDONE BY", "head")], *bullet("", plan.undo.sentence, room, "")]
        lines += [[], [Span("THE SAME WITH KUBECTL", "head")]]
        for command in plan.commands:
            lines += [[Span(text, "dim")] for text in wrap(clean(command), room, 6)]
        return lines

    def _difference(self, room: int) -> list[list[Span]]:
        answer = self._answer
        if answer is None:
            return [[Span(self.asking("asking the server"), "dim")]]
        if not isinstance(answer, Preview):
            problem, hint = wrap(answer.sentence, room, 4), wrap(answer.hint, room, 3) if answer.hint else []
            return [*([Span(text, "failed")] for text in problem), *([Span(text)] for text in hint)]
        lines = [line for sentence in answer.warnings for line in bullet("!", sentence, room, "warn")]
        if not answer.changes:
            return [*lines, [Span(answer.sentence, "warn")]]
        return [*lines, *fields(answer.changes, room)]

    def agree(self) -> None:  # noqa: D102
        self.dismiss(True)

    def action_change_cause(self) -> None:
        """Say why: it is written with the change."""
        if self.plan.annotate:
            self.run_worker(self._ask_cause(), group="cause", exclusive=True)
        else:
            self.app.bell()

    async def _ask_cause(self) -> None:
        note = "Why? The history shows it, as kubectl rollout history does (kubernetes.io/change-cause)."
        cause = await self.app.push_screen_wait(
            AskScreen("Change-cause", note, cause_of(self.plan.request), wrong_cause)
        )
        if cause is not None:
            self.plan, self._answer = with_cause(self.plan, cause), None
            self.asks()
            self.run_worker(self.ask(), exclusive=True)

    def action_copy(self) -> None:
        """Put the kubectl command on the clipboard, where the terminal lets us (OSC 52)."""
        self.app.copy_to_clipboard("\n".join(self.plan.commands))
        self.notify("The kubectl command is on the clipboard, if this terminal allows it.")

"""What the screens of one rollout share: which one it is, its headline, and what is said once it is deleted."""

from __future__ import annotations

from typing import Final

from ktui import signs
from ktui.rollout.rollout import Rollout
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.headline import headline
from ktui.tui.draw.widgets import Line, Painting, Span, shorten
from ktui.tui.screen import LiveScreen

LEAVING: Final = (Hint("?", "help", "app.help"), Hint("esc", "back", "app.pop_screen"))
"""The last two hints of every screen that has another one below it."""

_ELSEWHERE: Final = (Hint("h", "history", "screen.history"), Hint("l", "logs", "screen.logs"))


class RolloutScreen(LiveScreen):
    """A screen of one rollout. When it is deleted meanwhile, what was last known stays, and is marked so."""

    def __init__(self, uid: str) -> None:
        super().__init__()
        self._uid = uid

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._uid

    @property
    def _pending(self) -> str:
        """What is being done to it now."""
        return self.ktui.pending.get(self._uid, "")

    def _draw_headline(self, rollout: Rollout | None) -> None:
        """Its name and phase with the reason; None once it is deleted."""
        self.set_class(rollout is None, "-deleted")
        why = [Span(f"   {rollout.why}", "dim")] if rollout is not None else []
        self.query_one("#headline", Painting).show([shorten([*self._headline(rollout), *why], self.size.width - 2)])

    def _headline(self, rollout: Rollout | None) -> Line:
        if rollout is None:
            return [Span(f"{signs.TIMES} deleted: this is its last known state. esc goes back.", "failed")]
        return headline(rollout, self._pending)

    @property
    def _last_hints(self) -> tuple[Hint, ...]:
        """The ways to the history and the logs, and back."""
        return (*_ELSEWHERE, *LEAVING)

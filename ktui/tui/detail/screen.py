"""One rollout: its revisions and pods as they change, capacity, causes, conditions, events."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ktui.rollout.detail import Detail
from ktui.rollout.rollout import Phase
from ktui.tui.detail.panels import RolloutPanels
from ktui.tui.draw.chrome import Hint
from ktui.tui.keymap import bind
from ktui.tui.rollout_screen import LEAVING, RolloutScreen
from ktui.tui.screen import action_hints

_ELSEWHERE = (
    Hint("h", "history", "screen.history"),
    Hint("l", "logs", "screen.logs"),
    Hint("e", "timeline", "screen.timeline"),
    Hint("u", "resources", "screen.usage"),
    Hint("f", "report", "screen.figures"),
)
"""The other screens of a rollout that is still there."""


class DetailScreen(RolloutScreen):
    """Everything about one rollout. When it is deleted meanwhile, what was last known stays, and is marked so."""

    PAGE = "rollout"

    FOLLOWS_USE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="detail.back"),
        bind("z", "only_trouble", id="detail.pods"),
        bind("y", "toggle_yaml", id="detail.yaml"),
    ]

    def compose_body(self) -> ComposeResult:
        """The panels of the rollout."""
        yield RolloutPanels(id="rollout")

    def on_mount(self) -> None:
        """Keys read the pods first; tab goes to the causes and to the events."""
        self.query_one(RolloutPanels).read()

    @property
    def is_deleted(self) -> bool:
        """Whether it went while it was open."""
        return self.query_one(RolloutPanels).detail is not None and self._uid not in self.ktui.live.rollouts

    @property
    def is_moving(self) -> bool:  # noqa: D102 - a cell still flashes or fades
        return self.is_drawable and self.query_one(RolloutPanels).is_moving

    def redraw(self, now: datetime) -> None:  # noqa: D102
        panels = self.query_one(RolloutPanels)
        # One cell is left and right; header, notices and keys are above and below.
        cells, lines = self.size.width - 2, self.size.height - 2 - self.other_lines
        detail = panels.show(self._uid, now, cells=cells, lines=lines, use=self.use)
        if detail is None:
            return
        hints = [
            *(self.guard_hints if not self.is_deleted else ()),
            *(self.pair_hints if not self.is_deleted else ()),
            *(self._steps(detail) if not self.is_deleted else ()),
            Hint(
                "z",
                "only pods that are not ready" if panels.lists_every_pod else "every pod",
                "screen.only_trouble",
            ),
            *LEAVING,
        ]
        self.draw_chrome(now, self.ktui.title_line, (), hints)

    def _steps(self, detail: Detail) -> list[Hint]:
        """What can be done, and what else can be read; when something is wrong, first what leads to its cause."""
        actions = action_hints(self.ktui.offers(self._uid))
        if detail.rollout.phase not in (Phase.FAILED, Phase.STALLED):
            return [*actions, *_ELSEWHERE]
        first = [hint for hint in _ELSEWHERE if hint.key in ("l", "e")]
        back = [hint for hint in actions if hint.key in ("a", "b")]
        others = [hint for hint in _ELSEWHERE if hint not in first]
        return [first[0], *back, first[1], *(hint for hint in actions if hint not in back), *others]

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return self.query_one(RolloutPanels).copied

    def action_toggle_yaml(self) -> None:
        """Show the YAML of the pod under the cursor."""
        self.query_one(RolloutPanels).open_yaml()

    def action_only_trouble(self) -> None:
        """List every pod by name, or only those that are not ready."""
        self.query_one(RolloutPanels).toggle_every_pod()

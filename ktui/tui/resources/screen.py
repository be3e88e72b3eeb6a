"""What the pods of one rollout use, new against old, against requests and limits; what the quotas leave."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ktui.rollout.rollout import Rollout
from ktui.tui.draw.widgets import Pages, Painting, Span
from ktui.tui.keymap import bind
from ktui.tui.resources import lines as resource_lines
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import action_hints


class UsageScreen(RolloutScreen):
    """What was measured last stays when nothing new comes, and says how old it is."""

    PAGE = "resources"
    FOLLOWS_USE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="usage.back"),
        bind("u", "app.pop_screen", show=False),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._rollout: Rollout | None = None

    def compose_body(self) -> ComposeResult:
        """The rollout, how fresh the numbers are, and the numbers."""
        yield Painting(id="headline")
        yield Painting(id="heading")
        yield Pages(id="use")

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one("#use", Pages).focus()

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "What the pods use", self.query_one("#use", Pages).text

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        rollout = app.live.rollouts.get(self._uid)
        self._rollout = rollout or self._rollout
        if rollout is not None:
            self._draw_use(now)
        self._draw_headline(rollout)
        hints = [
            *(action_hints(app.offers(self._uid)) if rollout is not None else ()),
            *self._last_hints,
        ]
        self.draw_chrome(now, app.title_line, (), hints)

    def _draw_use(self, now: datetime) -> None:
        pages = self.query_one("#use", Pages)
        shown = self.use
        if shown is None:
            asking = [Span("asking what the pods use…", "dim")]
            self.query_one("#heading", Painting).show(resource_lines.heading(asking, self.size.width - 2))
            return
        fresh = resource_lines.freshness(shown.usage, shown.problem, now)
        self.query_one("#heading", Painting).show(resource_lines.heading(fresh, self.size.width - 2))
        room = max(30, pages.scrollable_content_region.width)
        pages.show(resource_lines.page(shown.usage, shown.rooms, now, room, shown.course))

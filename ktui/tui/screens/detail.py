"""One rollout: its revisions and pods as they change, capacity, causes, conditions, events."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.kube.surroundings import read_surroundings
from ktui.rollout.cause import Kind
from ktui.rollout.detail import Detail
from ktui.rollout.surroundings import Surroundings
from ktui.tui import detail_lines, usage_lines, why_lines
from ktui.tui.chrome import Hint
from ktui.tui.paint import Pages, Painting, Span, shorten
from ktui.tui.screens.base import LiveScreen, action_hints
from ktui.tui.transitions import Transitions

if TYPE_CHECKING:
    from ktui.kube.connection import Connection

WIDE = 104
"""From this width on, causes and events stand beside the pods instead of below them."""

TALL = 34
"""From this height on there is room for the conditions where everything stands below one another."""

_ELSEWHERE = (
    Hint("h", "history", "screen.history"),
    Hint("l", "logs", "screen.logs"),
    Hint("e", "time line", "screen.timeline"),
    Hint("u", "use", "screen.usage"),
    Hint("f", "figures", "screen.figures"),
)
"""The other screens of a rollout that is still there."""


class DetailScreen(LiveScreen):
    """Everything about one rollout. When it is deleted meanwhile, what was last known stays, and is marked so."""

    PAGE = "rollout"

    FOLLOWS_USE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "back", id="detail.back"),
        Binding("t", "every_pod", "every pod", id="detail.pods"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__()
        self._uid = uid
        self._detail: Detail | None = None
        self._transitions = Transitions()
        self._every_pod = False
        self._around: Surroundings | None = None
        self._asked_around: tuple[int, Connection | None] | None = None

    def compose(self) -> ComposeResult:
        """Summary above, pods on the left, the rest on the right, or below where it is narrow."""
        yield Painting(id="header")
        yield Painting(id="notices")
        yield Painting(id="summary")
        with Container(id="body"):
            with Vertical(id="left"):
                yield Painting(id="pods-title", classes="panel-title")
                yield Pages(id="pods")
            with Vertical(id="right"):
                yield Painting(id="why-title", classes="panel-title")
                yield Painting(id="why")
                yield Painting(id="use-title", classes="panel-title")
                yield Painting(id="use")
                yield Painting(id="conditions-title", classes="panel-title")
                yield Painting(id="conditions")
                yield Painting(id="events-title", classes="panel-title")
                yield Pages(id="events")
        yield Painting(id="hints")

    def on_mount(self) -> None:
        """Keys read the pods first; tab goes to the events."""
        self.query_one("#pods", Pages).focus()
        for name, title in (
            ("pods", "REVISIONS AND PODS"),
            ("why", "WHY"),
            ("conditions", "CONDITIONS"),
            ("events", "EVENTS"),
        ):
            self.query_one(f"#{name}-title", Painting).show([[Span(title, "head")]])

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._uid

    @property
    def is_deleted(self) -> bool:
        """Whether it went while it was open."""
        return self._detail is not None and self._uid not in self.ktui.live.rollouts

    @property
    def is_moving(self) -> bool:  # noqa: D102 - a cell still flashes or fades
        return self._transitions.is_moving(time.monotonic())

    @property
    def _has_namesake(self) -> bool:
        """Whether another one of its kind has its name by now."""
        rollout = self._detail.rollout if self._detail is not None else None
        others = self.ktui.live.rollouts.values()
        return rollout is not None and any(
            (other.namespace, other.kind, other.name) == (rollout.namespace, rollout.kind, rollout.name)
            and other.uid != self._uid
            for other in others
        )

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        self._detail = app.live.detail(self._uid, now, self._around_now) or self._detail
        detail = self._detail
        if detail is None:
            return
        self._ask_around_where_new(detail)
        wide = self.size.width >= WIDE
        self.set_class(wide, "-wide")
        self.set_class(self.size.height >= TALL, "-tall")
        self.set_class(not detail.conditions, "-unconditional")
        self.set_class(self.is_deleted, "-deleted")
        pending = app.pending.get(self._uid, "")
        lines = detail_lines.summary(detail, now, self.size.width - 2, pending)
        if self._uid in app.guarded:
            countdown = app.countdown(now, self._uid)
            guard = Span(f"   auto-abort is on{f': {countdown}' if countdown else ''}", "warn")
            lines[0] = shorten([*lines[0], guard], self.size.width - 2)
        if self.is_deleted:
            lines[:2] = detail_lines.deleted(detail.rollout, self._has_namesake)
        lines += self._draw_use(detail, now)
        self.query_one("#summary", Painting).show(lines)
        self._draw_panels(detail, now, wide)
        hints = [
            *(self.guard_hints if not self.is_deleted else ()),
            *(self.pair_hints if not self.is_deleted else ()),
            *(action_hints(app.offers(self._uid)) if not self.is_deleted else ()),
            *(_ELSEWHERE if not self.is_deleted else ()),
            Hint("t", "only pods that are not ready" if self._every_pod else "every pod", "screen.every_pod"),
            Hint("?", "help", "app.help"),
            Hint("esc", "back", "app.pop_screen"),
        ]
        self.draw_chrome(now, app.title_line, (), hints)

    def _draw_panels(self, detail: Detail, now: datetime, wide: bool) -> None:
        pods, events = self.query_one("#pods", Pages), self.query_one("#events", Pages)
        cells = self._transitions.look(detail.revisions, time.monotonic())
        left = max(30, pods.scrollable_content_region.width)
        pods.show(detail_lines.pods(detail, cells, now, left, every=self._every_pod))
        right = max(30, events.scrollable_content_region.width)
        why = self.query_one("#why", Painting)
        why.show(why_lines.why(detail, right, 10 if wide else 4))
        conditions = self.query_one("#conditions", Painting)
        conditions.show(detail_lines.conditions(detail.conditions, now, right))
        events.show(detail_lines.events(detail.events, now, right))

    @property
    def _around_now(self) -> Surroundings | None:
        """What stands around it, with the quotas as they were read last together with what its pods use."""
        around, use = self._around, self.use
        if around is None or use is None or not use.quotas:
            return around
        return msgspec.structs.replace(around, quotas=use.quotas)

    def _draw_use(self, detail: Detail, now: datetime) -> list[list[Span]]:
        """What the pods use: a panel where there is room, else a line for the summary where it tells something."""
        shown = self.use
        causes = (*detail.rollout.causes, *detail.remarks)
        is_told = any(cause.kind in (Kind.QUOTA, Kind.FORBIDDEN) for cause in causes)
        rooms = shown.rooms if shown is not None and not is_told else ()
        panel, has_room = self.query_one("#use", Painting), self.has_class("-wide") or self.has_class("-tall")
        room = max(30, self.query_one("#events", Pages).scrollable_content_region.width)
        block = usage_lines.block(shown.usage, rooms, room) if shown is not None and has_room else []
        self.set_class(bool(block), "-use")
        panel.show(block)
        if shown is not None:
            self.query_one("#use-title", Painting).show([shorten(usage_lines.title(shown.usage, now), room)])
        if shown is None or has_room:
            return []
        line = usage_lines.line(shown.usage, rooms, self.size.width - 2)
        return [line] if line else []

    # What is asked for

    def _ask_around_where_new(self, detail: Detail) -> None:
        """Ask for what stands around it when the screen opens, and when its spec has changed."""
        wanted = (detail.rollout.generation, self.ktui.connection)
        if wanted != self._asked_around and not self.is_deleted:
            self._asked_around = wanted
            self.run_worker(self._ask_around(), group="around", exclusive=True)

    async def _ask_around(self) -> None:
        connection, workload = self.ktui.connection, self.ktui.live.store.workload(self._uid)
        if connection is None or workload is None:
            return
        try:
            self._around = await read_surroundings(Api(connection), workload)
        except KubeError:
            # It is but what is worth knowing beside the rest; that the link is broken is said elsewhere.
            return
        self.draw_now()

    # Keys

    def action_every_pod(self) -> None:
        """List every pod by name, or only those that are not ready."""
        self._every_pod = not self._every_pod
        self.draw_now()

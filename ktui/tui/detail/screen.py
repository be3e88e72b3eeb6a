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
from ktui.kube.policies import read_policies
from ktui.model.policies import Policies
from ktui.model.reference import reference_to
from ktui.rollout.detail import Detail
from ktui.rollout.diagnosis.cause import Kind
from ktui.rollout.rollout import Phase
from ktui.text import count
from ktui.tui.detail import lines as detail_lines
from ktui.tui.detail import pod_lines, why_lines
from ktui.tui.detail.transitions import Transitions
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import ItemList
from ktui.tui.draw.widgets import Painting, Span, shorten
from ktui.tui.page.opening import open_item
from ktui.tui.resources import lines as resource_lines
from ktui.tui.screen import LiveScreen, action_hints

if TYPE_CHECKING:
    from ktui.kube.connection import Connection

WIDE = 104
"""From this width on, causes and events stand beside the pods instead of below them."""

SHORT = 28
"""Below this height the summary leaves out what matters least, so that pods and causes have room."""

TALL = 34
"""From this height on there is room for the conditions where everything stands below one another."""

_ELSEWHERE = (
    Hint("h", "history", "screen.history"),
    Hint("l", "logs", "screen.logs"),
    Hint("e", "timeline", "screen.timeline"),
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
        self._every_pod: bool | None = None
        """Whether every pod is listed; None lists them if there is room."""
        self._around: Policies | None = None
        self._asked_around: tuple[int, Connection | None] | None = None

    def compose(self) -> ComposeResult:
        """Summary above, pods on the left, the rest on the right, or below where it is narrow."""
        yield Painting(id="header")
        yield Painting(id="notices")
        yield Painting(id="summary")
        with Container(id="body"):
            with Vertical(id="left"):
                yield Painting(id="pods-title", classes="panel-title")
                yield ItemList(id="pods")
            with Vertical(id="right"):
                yield Painting(id="why-title", classes="panel-title")
                yield ItemList(id="why")
                yield Painting(id="use-title", classes="panel-title")
                yield Painting(id="use")
                yield Painting(id="conditions-title", classes="panel-title")
                yield Painting(id="conditions")
                yield Painting(id="events-title", classes="panel-title")
                yield ItemList(id="events")
        yield Painting(id="hints")

    def on_mount(self) -> None:
        """Keys read the pods first; tab goes to the causes and to the events."""
        self.query_one("#pods", ItemList).focus()
        self.query_one("#conditions-title", Painting).show([[Span("CONDITIONS", "head")]])

    def on_descendant_focus(self) -> None:
        """Where there is little room, most of it is for what is being read."""
        focused = self.focused.id if self.focused is not None else None
        for name in ("pods", "why", "events"):
            self.set_class(name == focused, f"-at-{name}")
        self.call_after_refresh(self.draw_now)

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
        lines = detail_lines.summary(detail, now, self.size.width - 2, pending, is_short=self.size.height < SHORT)
        if self._uid in app.guarded:
            countdown = app.countdown(now, self._uid)
            guard = Span(f"   auto-abort is on{f': {countdown}' if countdown else ''}", "warn")
            lines[0] = shorten([*lines[0], guard], self.size.width - 2)
        if self.is_deleted:
            lines[:2] = detail_lines.deleted(detail.rollout, self._has_namesake)
        lines += self._draw_use(detail, now)
        self.query_one("#summary", Painting).show(lines)
        self._draw_panels(detail, now)
        hints = [
            *(self.guard_hints if not self.is_deleted else ()),
            *(self.pair_hints if not self.is_deleted else ()),
            *(self._steps(detail) if not self.is_deleted else ()),
            Hint(
                "t",
                "only pods that are not ready" if self._lists_every_pod(detail) else "every pod",
                "screen.every_pod",
            ),
            Hint("?", "help", "app.help"),
            Hint("esc", "back", "app.pop_screen"),
        ]
        self.draw_chrome(now, app.title_line, (), hints)

    def _draw_panels(self, detail: Detail, now: datetime) -> None:
        pods, why, events = (self.query_one(f"#{name}", ItemList) for name in ("pods", "why", "events"))
        cells = self._transitions.look(detail.revisions, time.monotonic())
        # Before the first layout the panels have no width yet.
        usual = self.size.width // 2 - 3 if self.has_class("-wide") else self.size.width - 2
        left = pods.scrollable_content_region.width or usual
        pods.show_items(pod_lines.pods(detail, cells, now, left, every=self._lists_every_pod(detail)))
        why.show_items(why_lines.why(detail, why.scrollable_content_region.width or usual))
        right = events.scrollable_content_region.width or usual
        conditions = self.query_one("#conditions", Painting)
        conditions.show(detail_lines.conditions(detail.conditions, now, right))
        events.show_items(detail_lines.events(detail.events, now, right))
        causes = len(detail.rollout.causes) + len(detail.remarks)
        warnings = sum(run[0].is_warning for run in detail_lines.event_runs(detail.events))
        for name, title in (
            ("pods", "REVISIONS AND PODS"),
            ("why", f"WHY · {count(causes, 'cause')}" if causes > 1 else "WHY"),
            ("events", f"EVENTS · {count(warnings, 'warning')}" if warnings else "EVENTS"),
        ):
            is_front = self.query_one(f"#{name}", ItemList).has_focus
            spans = [Span(title, "key" if is_front else "head")]
            if is_front:
                spans.append(Span("   enter reads, tab goes on", "dim"))
            self.query_one(f"#{name}-title", Painting).show([spans])

    def _lists_every_pod(self, detail: Detail) -> bool:
        """Whether every pod is listed: as asked for, else if no line has to be scrolled to."""
        if self._every_pod is not None:
            return self._every_pod
        lines = sum(2 + len(revision.pods) for revision in detail.revisions)
        return self.has_class("-wide") and lines <= self.query_one("#pods", ItemList).size.height

    @property
    def _around_now(self) -> Policies | None:
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
        room = max(30, self.query_one("#events", ItemList).scrollable_content_region.width)
        block = resource_lines.block(shown.usage, rooms, room) if shown is not None and has_room else []
        self.set_class(bool(block), "-use")
        panel.show(block)
        if shown is not None:
            self.query_one("#use-title", Painting).show([shorten(resource_lines.title(shown.usage, now), room)])
        if shown is None or has_room:
            return []
        line = resource_lines.line(shown.usage, rooms, self.size.width - 2)
        return [line] if line else []

    def _steps(self, detail: Detail) -> list[Hint]:
        """What can be done, and what else can be read; when something is wrong, first what leads to its cause."""
        actions = action_hints(self.ktui.offers(self._uid))
        if detail.rollout.phase not in (Phase.FAILED, Phase.STALLED):
            return [*actions, *_ELSEWHERE]
        first = [hint for hint in _ELSEWHERE if hint.key in ("l", "e")]
        back = [hint for hint in actions if hint.key == "b"]
        others = [hint for hint in _ELSEWHERE if hint not in first]
        return [first[0], *back, first[1], *(hint for hint in actions if hint not in back), *others]

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
            self._around = await read_policies(Api(connection), workload.metadata.namespace, reference_to(workload))
        except KubeError:
            # Optional context: a failed read is ignored here, since a broken link is reported elsewhere.
            return
        self.draw_now()

    # Keys

    def action_every_pod(self) -> None:
        """List every pod by name, or only those that are not ready."""
        if self._detail is not None:
            self._every_pod = not self._lists_every_pod(self._detail)
        self.draw_now()

    def on_item_list_opened(self, event: ItemList.Opened) -> None:
        """Show what is under the cursor in full."""
        page = open_item(self.ktui, self._uid, event.key, lambda: self._detail)
        if page is not None:
            self.app.push_screen(page)

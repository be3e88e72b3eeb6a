"""One rollout in panels: how far it is, its pods, why it does not move, conditions, events, and what its pods use.

The screen of a rollout consists of them, and the overview has them beside its list where there is room.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.worker import WorkType

from ktui.present import Present, Validity
from ktui.rollout.detail import Detail
from ktui.rollout.diagnosis.cause import Kind
from ktui.text import count
from ktui.tui.detail import lines, pod_lines, why_lines
from ktui.tui.detail.curves import LINES, Restarts, curves, note_restarts
from ktui.tui.detail.opening import open_item
from ktui.tui.detail.policies import KnownPolicies, read_policies_of
from ktui.tui.detail.room import Heights, Want
from ktui.tui.detail.transitions import Transitions
from ktui.tui.draw.items import Item, ItemList
from ktui.tui.draw.widgets import Line, Painting, Span, shorten
from ktui.tui.host import Host
from ktui.tui.page.screen import PageScreen
from ktui.tui.resources import lines as usage_lines
from ktui.tui.screen import LiveScreen

if TYPE_CHECKING:
    from ktui.live.usage_feed import Shown
    from ktui.rollout.rollout import Rollout

WIDE: Final = 102
"""Cells from which on causes and events stand beside the pods instead of below them."""

SHORT: Final = 25
"""Below so many lines the summary leaves out what matters least, so that pods and causes have room."""

SHORTEST: Final = 14
"""Below so many lines the summary has three: which rollout, what changes, and the capacity."""

TALL: Final = 30
"""Lines from which on there is room for the conditions and for gaps where all stands below one another."""

_REST: Final = 0.4
"""Seconds that a cursor rests on a rollout before anything is asked of the server for it."""

_LISTS: Final = ("pods", "why", "events")
_TITLES: Final = {"pods": "REVISIONS AND PODS", "why": "WHY", "events": "EVENTS"}
_LEAST: Final = {"pods": 2, "why": 2, "events": 1}
"""Lines that each list keeps however little room there is."""


class _Drawn(NamedTuple):
    """What a drawing was made of, and until when it stays true by the clock."""

    rollout: Rollout | None
    made_of: tuple[object, ...]
    validity: Validity


class RolloutPanels(Container):
    """The panels of one rollout, which may become another one. `is_beside` is beside a list that chooses it."""

    def __init__(self, *, id: str | None = None, is_beside: bool = False) -> None:
        super().__init__(id=id)
        self._is_beside = is_beside
        self._is_composed = False
        self._uid = ""
        self._cells = self._lines = 0
        self._detail: Detail | None = None
        self._drawn: _Drawn | None = None
        self._transitions = Transitions()
        self._heights = Heights()
        self._summary_lines = 0
        self._every_pod: bool | None = None
        """Whether every pod is listed; None lists them if there is room."""
        self._restarts: Restarts = []
        self._policies = KnownPolicies()

    def compose(self) -> ComposeResult:
        """Summary above, pods on the left, the rest on the right, or below where it is narrow."""
        yield Painting(id="summary")
        with Container(id="body"):
            with Vertical(id="left"):
                yield Painting(id="pods-title", classes="panel-title")
                yield ItemList(id="pods")
                yield Painting(id="curves")
            with Vertical(id="right"):
                yield Painting(id="why-title", classes="panel-title")
                yield ItemList(id="why")
                yield Painting(id="conditions-title", classes="panel-title")
                yield Painting(id="conditions")
                yield Painting(id="events-title", classes="panel-title")
                yield ItemList(id="events")
                # Last, for it comes and goes with what is measured: nothing below it may jump.
                yield Painting(id="use-title", classes="panel-title")
                yield Painting(id="use")

    def on_mount(self) -> None:
        """From here on there is something to draw on."""
        self._is_composed = True
        self.query_one("#conditions-title", Painting).show([[Span("CONDITIONS", "head")]])
        self._draw_again()

    def on_descendant_focus(self) -> None:
        """What has the focus says so, and gets the room where there is little."""
        self.call_after_refresh(self._draw_again)

    def on_descendant_blur(self) -> None:
        """As when it comes."""
        self.call_after_refresh(self._draw_again)

    @property
    def detail(self) -> Detail | None:
        """What is shown; of a rollout that is gone, what was last known."""
        return self._detail

    @property
    def lists_every_pod(self) -> bool:
        """Whether every pod is listed."""
        return self._detail is not None and self._is_every_pod_listed(self._detail)

    @property
    def is_shown(self) -> bool:
        """Whether there is room for it now."""
        return self._is_composed and bool(self.display)

    @property
    def is_moving(self) -> bool:
        """Whether a cell flashes or fades, as it is drawn now."""
        return self._transitions.is_moving()

    @property
    def is_read(self) -> bool:
        """Whether one of its lists has the focus."""
        return self._front is not None

    def read(self) -> None:
        """Give the focus to the pods."""
        self.query_one("#pods", ItemList).focus()

    @property
    def copied(self) -> tuple[str, str]:
        """What is under the cursor in full, or all that the panel shows: what it is, and its text."""
        focused, uid = self.screen.focused, self._uid
        if not isinstance(focused, ItemList):
            return "The summary", self.query_one("#summary", Painting).text
        page = open_item(self._ktui, uid, focused.chosen, lambda: self._detail) if focused.chosen else None
        return ("What is under the cursor", page.text) if page is not None else ("The panel", focused.text)

    def toggle_every_pod(self) -> None:
        """List every pod by name, or only those that are not ready."""
        self._every_pod = not self.lists_every_pod
        self._draw_again()

    def show(self, uid: str, now: datetime, *, cells: int, lines: int, use: Shown | None = None) -> Detail | None:
        """Show that rollout in so many cells and lines; the detail is None if nothing is known of it."""
        if not self._is_composed:
            return None
        if uid != self._uid:
            self._begin(uid)
        if (cells, lines) != (self._cells, self._lines):
            self._cells, self._lines, self._summary_lines = cells, lines, 0
        live, made_of = self._ktui.live, self._made_of(use)
        rollout, drawn = live.rollouts.get(uid), self._drawn
        is_as_drawn = drawn is not None and drawn.rollout is rollout and drawn.made_of == made_of
        if drawn is not None and is_as_drawn and not self.is_moving and drawn.validity.holds(now):
            return self._detail
        present = Present.at(now)
        self._detail = live.detail(uid, present, self._policies.now(use)) or self._detail
        if self._detail is not None:
            generation = self._detail.rollout.generation
            if rollout is not None and self._policies.is_new(uid, generation, self._ktui.connection):
                ask: WorkType[None] = partial(self._ask_for_policies, uid)
                self.run_worker(ask, group="policies", exclusive=True)
            self._draw(self._detail, present, use)
            self._drawn = _Drawn(rollout, made_of, present.validity)
        return self._detail

    def _made_of(self, use: Shown | None) -> tuple[object, ...]:
        """All that a drawing is made of but the rollout and the time."""
        app, uid = self._ktui, self._uid
        is_gone = uid not in app.live.rollouts
        lists = [self.query_one(f"#{name}", ItemList) for name in _LISTS]
        return (
            (uid, self._cells, self._lines, self._front, self._every_pod, is_gone and self._has_namesake),
            (app.pending.get(uid), uid in app.guarded, app.countdown(app.now(), uid), app.traffic(uid)),
            uid in app.followed,
            (use, self._policies.known, app.connection),
            [(each.scrollable_content_region.width, each.scroll_offset.y) for each in lists],
        )

    @property
    def _ktui(self) -> Host:
        return cast("Host", self.app)

    @property
    def _front(self) -> str | None:
        focused = self.screen.focused if self.is_attached else None
        return focused.id if focused is not None and focused in self.walk_children(ItemList) else None

    @property
    def _is_wide(self) -> bool:
        return self._cells >= WIDE

    @property
    def _is_tall(self) -> bool:
        return self._lines >= TALL

    def _begin(self, uid: str) -> None:
        self._uid, self._detail, self._drawn, self._transitions = uid, None, None, Transitions()
        self._every_pod, self._summary_lines = None, 0
        self._policies.begin()
        self._restarts = []
        for name in _LISTS:
            self.query_one(f"#{name}", ItemList).begin()

    def _draw_again(self) -> None:
        if self.is_attached and isinstance(screen := self.screen, LiveScreen):
            screen.draw_now()

    # What is drawn

    def _draw(self, detail: Detail, now: datetime, use: Shown | None) -> None:
        is_gone = self._uid not in self._ktui.live.rollouts
        self.set_class(self._is_wide, "-wide")
        self.set_class(self._is_tall, "-tall")
        self.set_class(not detail.conditions, "-unconditional")
        self.set_class(is_gone, "-deleted")
        summary = self._summary(detail, now, is_gone=is_gone)
        # A bar that goes leaves its line, so that the panels below keep their places.
        self._summary_lines = max(self._summary_lines, len(summary))
        blank: list[list[Span]] = [[] for _ in range(self._summary_lines - len(summary))]
        self.query_one("#summary", Painting).show([*summary, *blank])
        room = self._lines - self._summary_lines - (2 if self._is_wide else 1 if self._is_tall else 0)
        self._draw_panels(detail, now, use, max(1, room))

    def _summary(self, detail: Detail, now: datetime, *, is_gone: bool) -> list[list[Span]]:
        app = self._ktui
        shown = lines.summary(detail, now, self._cells, app.pending.get(self._uid, ""), is_short=self._lines < SHORT)
        if self._lines < SHORTEST:
            shown = [*shown[:2], shown[-1]]
        if self._uid in app.guarded:
            countdown = app.countdown(now, self._uid)
            guard = Span(f"   auto-abort is on{f': {countdown}' if countdown else ''}", "warn")
            shown[0] = shorten([*shown[0], guard], self._cells)
        if self._uid in app.followed:
            shown[0] = shorten([*shown[0], Span("   followed", "key")], self._cells)
        if (traffic := app.traffic(self._uid)) is not None:
            mark = Span(f"   {traffic.text}", "new" if traffic.gets_traffic else "dim")
            shown[0] = shorten([*shown[0], mark], self._cells)
        if is_gone:
            shown[:2] = lines.deleted(detail.rollout, self._has_namesake)
        return shown

    @property
    def _has_namesake(self) -> bool:
        """Whether another one of its kind has its name by now."""
        rollout = self._detail.rollout if self._detail is not None else None
        others = self._ktui.live.rollouts.values()
        return rollout is not None and any(
            (other.namespace, other.kind, other.name) == (rollout.namespace, rollout.kind, rollout.name)
            and other.uid != self._uid
            for other in others
        )

    def _draw_panels(self, detail: Detail, now: datetime, use: Shown | None, room: int) -> None:
        pods, why, events = (self.query_one(f"#{name}", ItemList) for name in _LISTS)
        cells = self._transitions.cells(detail.revisions, time.monotonic())
        # Before the first layout the panels have no width yet; a cell is kept for the scrollbar.
        left = pods.scrollable_content_region.width or (self._cells // 2 if self._is_wide else self._cells) - 1
        right = events.scrollable_content_region.width or (self._cells // 2 - 2 if self._is_wide else self._cells) - 1
        every = self._is_every_pod_listed(detail, room)
        of_pods = pod_lines.pods(detail, cells, now, left, every=every)
        of_why = why_lines.why(detail, why.scrollable_content_region.width or right)
        conditions = lines.conditions(detail.conditions, now, right) if self._is_wide or self._is_tall else []
        self.query_one("#conditions", Painting).show(conditions)
        below = self._draw_use(detail, now, use, right)
        gap = 1 if self._is_wide or self._is_tall else 0
        taken = (1 + len(conditions) + gap if conditions else 0) + below
        of_events = lines.events(detail.events, now, right)
        items = {"pods": of_pods, "why": of_why, "events": of_events}
        given = self._share(items, room - taken, gap)
        given["pods"] -= self._draw_curves(detail, now, left, given["pods"] - sum(len(item.lines) for item in of_pods))
        of_pods = pod_lines.pods(detail, cells, now, left, every=every, most=given["pods"])
        if given["events"] > sum(len(item.lines) for item in of_events):
            of_events = lines.events(detail.events, now, right, most=given["events"])
        for name, listed in (("pods", of_pods), ("why", of_why), ("events", of_events)):
            self.query_one(f"#{name}", ItemList).show_items(listed)
            self._draw_title(name, detail, listed, given[name])

    def _draw_curves(self, detail: Detail, now: datetime, cells: int, free: int) -> int:
        """Capacity and restarts over time in the lines that the pods leave free; how many that takes."""
        note_restarts(self._restarts, detail, now)
        drawn = curves(detail.capacity, self._restarts, now, cells) if self._is_wide else []
        # A line between the pods and the plots. Where there is no room for both plots, the first one may fit.
        shown = next((part for part in (drawn, drawn[:LINES]) if part and len(part) < free), [])
        panel = self.query_one("#curves", Painting)
        panel.display = bool(shown)
        panel.show([[], *shown])
        return len(shown) + 1 if shown else 0

    def _share(self, items: dict[str, list[Item]], room: int, gap: int) -> dict[str, int]:
        """Share `room` lines between the lists, and lay them out so; in the wide layout the pods have all of theirs."""
        names = [name for name in _LISTS if name != "pods" or not self._is_wide]
        room -= len(names) + gap * (len(names) - 1)
        is_without_events = room < sum(_LEAST[name] for name in names)
        self.set_class(is_without_events, "-eventless")
        if is_without_events:
            names, room = names[:-1], room + 1
        # The pods have the focus when it opens: only who goes on to another list asks for more of that.
        front = [self._front] if self._front in names and self._front != "pods" else []
        order = [*front, *(name for name in ("why", "pods", "events") if name in names and name not in front)]
        wants = [Want(name, sum(len(item.lines) for item in items[name]), _LEAST[name]) for name in names]
        first = room if front or self._is_wide else room // 2
        given = self._heights.fit((self._uid, self._cells, self._lines), max(1, room), wants, order, first)
        self.query_one("#left", Vertical).styles.height = "1fr" if self._is_wide else given["pods"] + 1 + gap
        self.query_one("#why", ItemList).styles.height = max(1, given["why"])
        return {"pods": room + 1, "events": 0, **given}

    def _draw_title(self, name: str, detail: Detail, items: list[Item], height: int) -> None:
        title, is_front = _TITLES[name], self._front == name
        causes = len(detail.rollout.causes) + len(detail.remarks)
        warnings = sum(run[0].is_warning for run in lines.event_runs(detail.events))
        if name == "why" and causes > 1:
            title += f" · {count(causes, 'cause')}"
        if name == "events" and warnings:
            title += f" · {count(warnings, 'warning')}"
        spans = [Span(title, "key" if is_front else "head")]
        hidden = self.query_one(f"#{name}", ItemList).hidden(height)
        if hidden:
            spans.append(Span(f"   +{hidden} more{'' if is_front else ' (tab)'}", "dim"))
        if is_front:
            spans.append(Span("   enter opens, tab: next panel", "dim"))
        self.query_one(f"#{name}-title", Painting).show([spans])

    def _is_every_pod_listed(self, detail: Detail, room: int | None = None) -> bool:
        """Whether every pod is listed: as asked for, else if no line has to be scrolled to."""
        if self._every_pod is not None:
            return self._every_pod
        room = self._lines - self._summary_lines - 2 if room is None else room
        wanted = sum(2 + len(revision.pods) for revision in detail.revisions)
        return wanted < room if self._is_wide else self._is_tall and wanted < room // 2

    def _draw_use(self, detail: Detail, now: datetime, use: Shown | None, cells: int) -> int:
        """What the pods use, and the lines that takes: a panel where there is room, else one line if it tells much."""
        causes = (*detail.rollout.causes, *detail.remarks)
        is_explained = any(cause.kind in (Kind.QUOTA, Kind.FORBIDDEN) for cause in causes)
        rooms = use.rooms if use is not None and not is_explained else ()
        has_room = self._is_wide or self._is_tall
        block: list[Line] = []
        if use is not None and has_room:
            block = list(usage_lines.block(use.usage, rooms, max(30, cells)))
            self.query_one("#use-title", Painting).show([shorten(usage_lines.title(use.usage, now), max(30, cells))])
        elif use is not None:
            line = usage_lines.line(use.usage, rooms, cells)
            block = [line] if line else []
        self.set_class(bool(block), "-use")
        self.query_one("#use", Painting).show(block)
        return len(block) + (2 if has_room else 0) if block else 0

    async def _ask_for_policies(self, uid: str) -> None:
        if self._is_beside:
            # Who goes down the list asks nothing for what is passed.
            await asyncio.sleep(_REST)
        policies = await read_policies_of(self._ktui, uid)
        if policies is not None and uid == self._uid:
            self._policies.known = policies
            self._draw_again()

    # What is read in full

    def on_item_list_opened(self, event: ItemList.Opened) -> None:
        """Show what is under the cursor in full."""
        page = self._page(event.key)
        if page is not None:
            self.app.push_screen(page)

    def open_yaml(self) -> None:
        """Show the YAML of the pod under the cursor; for anything else, say where there is YAML."""
        focused = self.screen.focused
        page = self._page(focused.chosen) if isinstance(focused, ItemList) and focused.chosen else None
        if page is None or not page.has_yaml:
            self.app.notify("y shows the YAML of a pod: move the cursor to one. h shows the template of each revision.")
            return
        page.starts_as_yaml = True
        self.app.push_screen(page)

    def _page(self, key: str) -> PageScreen | None:
        uid, detail = self._uid, self._detail
        return open_item(self._ktui, uid, key, lambda: self._detail if self._uid == uid else detail)

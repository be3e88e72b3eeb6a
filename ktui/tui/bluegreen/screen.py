"""A Service between blue and green: where its traffic goes now, the sides, and what leads to it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from ktui import signs
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.streams.streams import Streams
from ktui.model.changes import LinkState
from ktui.model.objects import Deployment
from ktui.model.resources import ENDPOINT_SLICES, ROUTING, SERVICES
from ktui.model.traffic import Traffic
from ktui.plans.guardrails import Place
from ktui.plans.request import Action
from ktui.rollout.traffic.bluegreen import BlueGreen, Move, Side, blue_green, follow, turns
from ktui.tui.bluegreen import lines as bluegreen_lines
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting, Scroll, Span
from ktui.tui.keymap import bind
from ktui.tui.messages import Open, Switch, View
from ktui.tui.rollout_screen import LEAVING
from ktui.tui.screen import LiveScreen
from ktui.tui.steering.switching import closed, may_switch

WIDE = 130
"""From this width on, what is in front of the Service stands beside its sides instead of below them."""

TALL = 34
"""From this height on there is room for empty lines."""


class BlueGreenScreen(LiveScreen):
    """The Services that have a Deployment as one of their sides, one at a time.

    Services and what belongs to them are streamed for as long as the screen is open, and forgotten with it. The keys
    that steer a rollout steer that of the side under the cursor.
    """

    PAGE = "blue-green"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="bluegreen.back"),
        bind("B", "app.pop_screen", show=False),
        bind("exclamation_mark", "switch(True)", id="bluegreen.force"),
        bind("enter", "open", id="bluegreen.open"),
        bind("z", "only_trouble", id="bluegreen.pods"),
        bind("tab", "next_service", id="bluegreen.next", priority=True),
        bind("down,j", "move(1)", id="bluegreen.down", show=False),
        bind("up,k", "move(-1)", id="bluegreen.up", show=False),
        bind("pagedown,ctrl+f", "read(1)", id="bluegreen.page_down", show=False),
        bind("pageup,ctrl+b", "read(-1)", id="bluegreen.page_up", show=False),
    ]

    def __init__(self, uid: str, namespace: str) -> None:
        super().__init__()
        self._uid, self._namespace = uid, namespace
        self._deployment: Deployment | None = None
        self._traffic = Traffic()
        self._streams: Streams | None = None
        self._streamed_over: Connection | None = None
        self._states: list[BlueGreen] = []
        self._shown = ""
        """The uid and key of the pairing that is shown."""
        self._moves: dict[str, Move | None] = {}
        self._was_covered = False
        """Whether another screen has been in front since the last look."""
        self._rights: dict[str, bool] = {}
        self._colour = ""
        self._every_pod: bool | None = None
        """Whether every pod is listed by name; None where nobody has said so yet, and there may be room for it."""

    def compose_body(self) -> ComposeResult:
        """The Service and its traffic; below that the sides, and what is in front of them."""
        yield Painting(id="summary")
        yield Painting(id="traffic-title", classes="panel-title")
        yield Painting(id="traffic")
        with Container(id="body"):
            with Vertical(id="left"):
                yield Painting(id="sides-title", classes="panel-title")
                yield Scroll(id="sides")
            with Vertical(id="right"):
                yield Painting(id="fronts-title", classes="panel-title")
                yield Painting(id="fronts")
                yield Painting(id="warnings-title", classes="panel-title")
                yield Painting(id="warnings")

    def on_mount(self) -> None:
        """Keys choose a side."""
        self.query_one("#sides", Scroll).focus()
        for name, title in (
            ("traffic", "WHERE TRAFFIC GOES NOW"),
            ("sides", "SIDES"),
            ("fronts", "IN FRONT OF IT"),
            ("warnings", "WARNINGS"),
        ):
            self.query_one(f"#{name}-title", Painting).show([[Span(title, "head")]])

    def on_screen_suspend(self) -> None:
        """Behind a dialog it is drawn on; behind another screen it is not."""
        self._was_covered = self._was_covered or not self.is_front

    # What is known

    @property
    def selected(self) -> str | None:
        """The Deployment of the side under the cursor."""
        side = self._side
        return side.rollouts[0].uid if side is not None and side.rollouts else self._uid

    @property
    def _state(self) -> BlueGreen | None:
        return next((state for state in self._states if _identity(state) == self._shown), None)

    @property
    def _side(self) -> Side | None:
        """The side under the cursor; at first, the one that a switch would go to."""
        state = self._state
        if state is None:
            return None
        return state.side(self._colour) or next(iter(state.idle or state.sides), None)

    @property
    def _lists_every_pod(self) -> bool:
        return self.size.height >= TALL if self._every_pod is None else self._every_pod

    def _follow(self, now: datetime) -> None:
        """Work the Services out again. The last that was known stays where there is no pair any more."""
        live = self.ktui.live
        self._deployment = live.store.of_uid(Deployment, self._uid) or self._deployment
        if self._deployment is None:
            return
        deployments = list(live.store.of_type(Deployment))
        before = {_identity(state): state for state in self._states}
        if self._was_covered:
            # Nobody has seen when traffic moved in the meantime: nothing is said of how long that took.
            before.clear()
            self._moves = {name: move for name, move in self._moves.items() if move is not None and move.ended}
            self._was_covered = not self.is_front
        states = [
            blue_green(service, pairing, live.store, self._traffic, rollouts=live.rollouts, now=now)
            for service, pairing in turns(self._deployment, self._traffic.services(), deployments)
        ]
        for state in states:
            name = _identity(state)
            self._moves[name] = follow(self._moves.get(name), before.get(name), state, now)
        if states:
            self._states = states
            if self._state is None:
                self._shown = _identity(states[0])

    @property
    def _is_gone(self) -> bool:
        state = self._state
        return state is not None and self._traffic.service(state.uid) is None

    async def _stream(self, connection: Connection) -> None:
        async with Streams(connection, self._namespace, resources=ROUTING, clock=self.ktui.now) as streams:
            self._streams = streams
            streams.go()
            while True:
                self._traffic.apply(await streams.take())
                self.ktui.draw_soon()

    async def _ask_rights(self, connection: Connection, state: BlueGreen) -> None:
        try:
            self._rights[state.uid] = await may_switch(connection, state)
        except KubeError:
            # Not known is not refused: the server has the last word when something is sent.
            return
        self.ktui.draw_soon()

    def _keep_streaming(self) -> None:
        """Stream over the present connection; after a break, over the new one."""
        connection = self.ktui.connection
        if connection is not None and connection is not self._streamed_over:
            self._streamed_over = connection
            self._traffic = Traffic()
            self.run_worker(self._stream(connection), group="traffic", exclusive=True)

    # What is shown

    def redraw(self, now: datetime) -> None:  # noqa: D102
        self._keep_streaming()
        self._follow(now)
        state = self._state
        wide = self.size.width >= WIDE
        self.set_class(wide, "-wide")
        self.set_class(self.size.height >= TALL, "-tall")
        self.set_class(self._is_gone, "-gone")
        if state is None:
            self.query_one("#summary", Painting).show([[Span(self._emptiness(), "dim")]])
        else:
            self._ask_rights_once(state)
            self._draw(state, now)
        self.draw_chrome(now, self.ktui.title_line, (), self._hints(state))

    def _ask_rights_once(self, state: BlueGreen) -> None:
        connection = self.ktui.connection
        if connection is not None and state.uid not in self._rights:
            self._rights[state.uid] = True
            self.run_worker(self._ask_rights(connection, state), group="rights")

    def _emptiness(self) -> str:
        link = self._traffic.links.get(SERVICES)
        if link is not None and (link.is_broken or link.state is LinkState.REFUSED):
            return link.reason
        if SERVICES in self._traffic.listed:
            return "No Service has this Deployment as one of its sides."
        return "Asking for the Services…"

    def _draw(self, state: BlueGreen, now: datetime) -> None:
        cells = self.size.width - 2
        place = ""
        if len(self._states) > 1:
            at = [_identity(each) for each in self._states].index(self._shown) + 1
            place = f"{at} of {len(self._states)} Services, tab shows the next"
        lines = [
            bluegreen_lines.headline(state, self.ktui.pending.get(state.uid, ""), place, cells),
            bluegreen_lines.summary(state, cells),
        ]
        if self._is_gone:
            lines[1] = [Span(f"{signs.TIMES} gone: this is its last known state. esc goes back.", "failed")]
        self.query_one("#summary", Painting).show(lines)
        problem, stale = self._problem()
        traffic = bluegreen_lines.traffic(state, self._moves.get(self._shown), problem, now, cells)
        if stale:
            traffic[-1:] = [bluegreen_lines.stale(stale, cells)]
        self.query_one("#traffic", Painting).show(traffic)
        sides = self.query_one("#sides", Scroll)
        side = self._side
        rows, at = bluegreen_lines.sides(
            state,
            side.colour if side is not None else "",
            now,
            max(30, sides.scrollable_content_region.width),
            every=self._lists_every_pod,
            is_spaced=self.size.height >= TALL,
        )
        sides.show(rows)
        self.call_after_refresh(sides.keep_in_sight, at)
        room = max(30, self.query_one("#fronts", Painting).content_size.width)
        self.query_one("#fronts", Painting).show(bluegreen_lines.in_front(state, room))
        self.query_one("#warnings", Painting).show(bluegreen_lines.warnings(state, room))

    def _problem(self) -> tuple[str, str]:
        """Why endpoints cannot be seen at all, and why those that are shown may be stale; mostly neither."""
        link = self._traffic.links.get(ENDPOINT_SLICES)
        if link is None or link.state in (LinkState.LIVE, LinkState.CONNECTING):
            return "", ""
        return (link.reason, "") if link.state is LinkState.REFUSED else ("", link.reason)

    def _hints(self, state: BlueGreen | None) -> list[Hint]:
        end = list(LEAVING)
        if state is None or self._is_gone:
            return end
        hints = []
        forward, back = self._forward(state), self._back(state)
        if forward is not None and forward is not back:
            gets = f" ({forward.ready} ready)"
            is_open = not self._why_not(state, forward, force=False)
            hints.append(Hint("p", f"promote {forward.name}{gets}", "screen.steer('promote')", is_open))
            if forward.shortfall and not self._why_not(state, forward, force=True):
                hints.append(Hint("!", f"force {forward.name}", "screen.switch(True)"))
        if back is not None:
            is_open = not self._why_not(state, back, force=False)
            hints.append(Hint("b", f"roll back to {back.name}", "screen.steer('rollback')", is_open))
        side = self._side
        if side is not None:
            hints.append(Hint("s", f"scale {side.name}", "screen.steer('scale')"))
        hints += [Hint("enter", "open", "screen.open"), Hint("l", "logs", "screen.logs")]
        hints.append(
            Hint("z", "only pods that are not ready" if self._lists_every_pod else "every pod", "screen.only_trouble")
        )
        return [*hints, *end]

    # Where a switch goes

    def _forward(self, state: BlueGreen) -> Side | None:
        """The side under the cursor if it is idle; else the only one that is."""
        side = self._side
        if side is not None and not side.is_active:
            return side
        return state.idle[0] if len(state.idle) == 1 else None

    def _back(self, state: BlueGreen) -> Side | None:
        """The side that traffic came from, where it was seen to come from one."""
        move = self._moves.get(self._shown)
        return state.side(move.before) if move is not None and move.after == state.active else None

    def _why_not(self, state: BlueGreen, side: Side, *, force: bool) -> str:
        options = self.ktui.options
        context = self.ktui.connection.context if self.ktui.connection is not None else ""
        place = Place(context, state.namespace, SERVICES, state.service)
        return closed(
            side,
            read_only=options.read_only,
            refused=options.rules.refuse(Action.SWITCH, place, now=self.ktui.now()),
            is_allowed=self._rights.get(state.uid),
            force=force,
        )

    # Keys

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        parts = (self.query_one("#summary", Painting), self.query_one("#traffic", Painting))
        return "The state of the Service", "\n".join(part.text for part in (*parts, self.query_one("#sides", Scroll)))

    def action_steer(self, name: str) -> None:
        """Promote and roll back the Service; every other action is that of the side under the cursor."""
        if name == Action.PROMOTE:
            self.action_switch(force=False)
        elif name == Action.ROLLBACK:
            self.action_switch_back()
        else:
            super().action_steer(name)

    def action_switch(self, force: bool) -> None:
        """Send the traffic to the idle side."""
        state = self._state
        if state is None:
            return
        side = self._forward(state)
        if side is None:
            self.notify("Several sides are idle: put the cursor on one of them.", severity="warning")
        else:
            self._switch(state, side, force=force)

    def action_switch_back(self) -> None:
        """Send the traffic where it came from; of two sides that can only be the other one."""
        state = self._state
        if state is None:
            return
        side = self._back(state) or (state.idle[0] if len(state.idle) == 1 else None)
        if side is None:
            self.notify(
                "ktui did not see where traffic came from: put the cursor on a side and press p to switch to it.",
                severity="warning",
            )
        else:
            self._switch(state, side, force=False)

    def _switch(self, state: BlueGreen, side: Side, *, force: bool) -> None:
        why_not = self._why_not(state, side, force=force)
        if why_not:
            could = " ! forces it." if side.shortfall and not self._why_not(state, side, force=True) else ""
            self.notify(f"switch to {side.name}: {why_not}.{could}", severity="warning")
        else:
            self.post_message(Switch(state, side, force=force))

    def action_open(self) -> None:
        """Open the rollout of the side under the cursor."""
        if self.selected is not None:
            self.post_message(Open(View.DETAIL, self.selected))

    def action_move(self, by: int) -> None:
        """Move the cursor from side to side."""
        state, side = self._state, self._side
        if state is not None and side is not None:
            at = state.sides.index(side) + by
            self._colour = state.sides[max(0, min(len(state.sides) - 1, at))].colour
            self.draw_now()

    def action_next_service(self) -> None:
        """Show the next Service that has this Deployment as one of its sides."""
        names = [_identity(state) for state in self._states]
        if self._shown in names:
            self._shown = names[(names.index(self._shown) + 1) % len(names)]
            self._colour = ""
            self.draw_now()

    def action_retry(self) -> None:
        """Do not wait for the next attempt, neither here nor elsewhere."""
        if self._streams is not None:
            self._streams.retry_now()
        super().action_retry()

    def action_only_trouble(self) -> None:
        """List every pod by name, or only those that are not ready."""
        self._every_pod = not self._lists_every_pod
        self.draw_now()

    def action_read(self, pages: int) -> None:
        """Read on in the sides."""
        sides = self.query_one("#sides", Scroll)
        sides.scroll_relative(y=pages * sides.page, animate=False)


def _identity(state: BlueGreen) -> str:
    return f"{state.uid} {state.key}"

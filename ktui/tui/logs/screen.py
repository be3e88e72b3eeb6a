"""What the containers of a rollout write: of the new revision, of the old one, or of both side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal

from ktui import signs
from ktui.plans.request import Action
from ktui.rollout.rollout import Rollout
from ktui.settings import logs_folder
from ktui.text import clean, count
from ktui.tui.dialogs.pick import PickScreen
from ktui.tui.door import Field, Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.headline import headline
from ktui.tui.draw.widgets import Painting, Span, shorten
from ktui.tui.keymap import bind
from ktui.tui.logs.lines import Layout, Times
from ktui.tui.logs.pane import SHIFT, LogPane
from ktui.tui.logs.sources import EVERY, Choice, Selection, Side, select
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import action_hints
from ktui.tui.terminal.saving import save

WIDE = 120
"""From this width on, new and old stand side by side; where it is narrower, tab goes from one to the other."""

TICK = 0.1
"""Seconds from one look at what has come to the next: lines are drawn in batches."""

_STEPS = (Action.PAUSE, Action.RESUME, Action.PROMOTE, Action.ROLLBACK, Action.ABORT)
"""What the footer offers to do to the rollout after its logs were read."""

_VIEWS = {"new": (Side.NEW,), "old": (Side.OLD,), "new and old": (Side.NEW, Side.OLD)}


class LogsScreen(RolloutScreen):
    """Logs, live. The keys that steer the rollout do so here too."""

    PAGE = "logs"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", id="logs.back"),
        bind("l", "app.pop_screen", show=False),
        bind("F", "toggle_follow", id="logs.follow"),
        bind("G,end", "follow", id="logs.last", show=False),
        bind("slash", "search", id="logs.search"),
        bind("full_stop", "match(1)", id="logs.next"),
        bind("comma", "match(-1)", id="logs.previous_match"),
        bind("ampersand", "only_matches", id="logs.filter"),
        bind("V", "view", id="logs.view"),
        bind("tab", "other_side", id="logs.side"),
        bind("O", "pick_pod", id="logs.pod"),
        bind("K", "pick_container", id="logs.container"),
        bind("P", "previous", id="logs.previous"),
        bind("t", "times", id="logs.times"),
        bind("W", "wrap", id="logs.wrap"),
        bind("left", "shift(-1)", id="logs.left", show=False),
        bind("right", "shift(1)", id="logs.right", show=False),
        bind("S", "save", id="logs.save"),
    ]

    def __init__(self, uid: str, pod: str = "", *, is_old: bool = False) -> None:
        super().__init__(uid)
        self._rollout: Rollout | None = None
        self._view = "old" if is_old else "new"
        self._side = Side.OLD if is_old else Side.NEW
        self._pods = {Side.NEW: pod, Side.OLD: pod}
        self._container = ""
        self._previous = False
        self._layout = Layout(80)
        self._panes = {side: LogPane(side) for side in Side}

    def compose_body(self) -> ComposeResult:
        """The rollout, one or two panes, what is searched for."""
        yield Painting(id="headline")
        with Container(id="panes"):
            yield from self._panes.values()
        with Horizontal(id="search-row"):
            yield Words("/")
            yield Field(id="search", placeholder="text to find, whatever its case")

    def on_mount(self) -> None:
        """Look for new lines a few times a second, and at once."""
        self.set_interval(TICK, self._tick)
        self._focus()

    @property
    def pane(self) -> LogPane:
        """The pane that the keys go to."""
        return self._panes[self._side]

    @property
    def _active(self) -> list[LogPane]:
        return [self._panes[side] for side in _VIEWS[self._view]]

    # What is shown

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        self._rollout = app.live.rollouts.get(self._uid) or self._rollout
        self._arrange()
        for pane in self._active:
            selection = select(app.live.store, self._uid, pane.side, self._choice(pane.side), pane.feed.followed)
            pane.selection = selection
            pane.feed.follow(selection or Selection(), app.connection, now, previous=self._previous)
        if self._rollout is not None:
            line = [
                *headline(self._rollout, self._pending),
                *self._state(),
                Span(f"   {self._rollout.why}", "dim"),
            ]
            self.query_one("#headline", Painting).show([shorten(line, self.size.width - 2)])
        self.draw_chrome(now, app.title_line, (), self._hints())
        self._tick()

    def _tick(self) -> None:
        now = self.ktui.now()
        for pane in self._active:
            pane.take(now)
            pane.lay(self._layout, now)
            is_front = pane.side is self._side
            pane.tell(self._choice(pane.side), connected=self.ktui.connection is not None, is_front=is_front)

    def _choice(self, side: Side) -> Choice:
        return Choice(self._pods[side], self._container)

    def _state(self) -> list[Span]:
        spans = []
        if self._uid not in self.ktui.live.rollouts:
            spans.append(Span(f"   {signs.TIMES} deleted: this is what was read last. esc goes back.", "failed"))
        if self._previous:
            spans.append(Span("   with previous instances", "key"))
        if self._layout.shift:
            spans.append(Span(f"   from column {self._layout.shift + 1}", "dim"))
        return spans

    def _arrange(self) -> None:
        """Show the panes that are wanted: both at once where there is room, else the one that the keys go to."""
        sides = _VIEWS[self._view]
        both = len(sides) > 1 and self.size.width >= WIDE
        self.set_class(both, "-both")
        for side, pane in self._panes.items():
            pane.display = side in sides and (both or side is self._side)

    def _hints(self) -> list[Hint]:
        views = list(_VIEWS)
        following = views[(views.index(self._view) + 1) % len(views)]
        buffer, selection = self.pane.buffer, self.pane.selection or Selection()
        keys = [Hint("F", "follow" if self.pane.is_paused else "stop following", "screen.toggle_follow")]
        if len(self._active) > 1:
            other = Side.OLD if self._side is Side.NEW else Side.NEW
            keys.append(Hint("tab", f"to {other}", "screen.other_side"))
        if buffer.term:
            keys += [
                Hint(". ,", "matches", "screen.match(1)", bool(buffer.matches)),
                Hint("&", "every line" if buffer.only_matches else "only these", "screen.only_matches"),
            ]
        steps = action_hints(self.ktui.offers(self._uid), lambda offer: offer.open and offer.action in _STEPS)
        return [
            *keys,
            Hint("/", "search", "screen.search"),
            *(steps if self._uid in self.ktui.live.rollouts else ()),
            Hint("V", following, "screen.view"),
            Hint("O", "pod", "screen.pick_pod", len(selection.pods) > 1),
            Hint("K", "container", "screen.pick_container", len(selection.containers) > 1),
            Hint("P", "previous", "screen.previous"),
            Hint("t", "times", "screen.times"),
            Hint("W", "cut" if self._layout.wrapped else "wrap", "screen.wrap"),
            Hint("S", "save", "screen.save"),
            Hint("c", "copy", "screen.copy"),
            Hint("?", "help", "app.help"),
            Hint("esc", "clear" if buffer.term else "back", "screen.back"),
        ]

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "What is shown of the log", "".join(self.pane.saved())

    def _focus(self) -> None:
        self.pane.view.focus()

    # Keys: moving and finding

    def action_back(self) -> None:
        """Leave the line that one types in, else clear the search, else go back."""
        if self.has_class("-searching"):
            self._leave_search()
        elif self.pane.buffer.term:
            self._find("")
        elif self.is_active:
            self.app.pop_screen()

    def action_toggle_follow(self) -> None:
        """Stop following, or follow again: the rollout goes on."""
        self._pause(paused=not self.pane.is_paused)

    def action_follow(self) -> None:
        """Go to the newest line, and stay with it."""
        self._pause(paused=False)

    def _pause(self, *, paused: bool) -> None:
        now = self.ktui.now()
        for pane in self._active:
            pane.pause(paused=paused, now=now)
        self.redraw(now)

    def action_search(self) -> None:
        """Ask what to find."""
        self.add_class("-searching")
        # At once: focus() would wait, and the keys that are typed next would be taken for actions.
        self.set_focus(self.query_one("#search", Field))

    def on_input_submitted(self, event: Field.Submitted) -> None:
        """Find it, and go to the last line that has it."""
        self._find(event.value)
        self._leave_search()
        if event.value:
            self.action_match(1)

    def _leave_search(self) -> None:
        self.remove_class("-searching")
        self._focus()

    def _find(self, term: str) -> None:
        now = self.ktui.now()
        self.query_one("#search", Field).value = term
        for pane in self._panes.values():
            pane.search(term, now)
        self.redraw(now)

    def action_match(self, by: int) -> None:
        """Go to the next match, or to the one before."""
        if not self.pane.buffer.term:
            self.action_search()
            return
        now = self.ktui.now()
        self.pane.go_to_match(by, now)
        self.redraw(now)

    def action_only_matches(self) -> None:
        """Show only the lines that have what is searched for, or all of them."""
        if not self.pane.buffer.term:
            self.action_search()
            return
        now, only = self.ktui.now(), not self.pane.buffer.only_matches
        for pane in self._panes.values():
            pane.show_only_matches(only, now)
        self.redraw(now)

    # Keys: how lines look

    def _lay(self, layout: Layout) -> None:
        self._layout = layout
        self.draw_now()

    def action_times(self) -> None:
        """No times, how long ago, or at what time."""
        orders = list(Times)
        self._lay(self._layout._replace(times=orders[(orders.index(self._layout.times) + 1) % len(orders)]))

    def action_wrap(self) -> None:
        """Show lines in full, or as far as one row goes."""
        self._lay(self._layout._replace(wrapped=not self._layout.wrapped, shift=0))

    def action_shift(self, by: int) -> None:
        """Move lines that are cut sideways."""
        if not self._layout.wrapped:
            self._lay(self._layout._replace(shift=max(0, self._layout.shift + by * SHIFT)))

    # Keys: whose lines

    async def action_view(self) -> None:
        """The new revision, the old ones, or both."""
        views = list(_VIEWS)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self._side = _VIEWS[self._view][0]
        for pane in self._panes.values():
            if pane not in self._active:
                await pane.begin_anew()
        self._arrange()
        self._focus()
        self.draw_now()

    def action_other_side(self) -> None:
        """Let the keys go to the other side, and show it where there is room for one only."""
        sides = _VIEWS[self._view]
        if len(sides) > 1:
            self._side = Side.OLD if self._side is Side.NEW else Side.NEW
            self._arrange()
            self._focus()
            self.draw_now()

    async def action_previous(self) -> None:
        """Begin with what containers wrote before their last restart, also where they are well now."""
        self._previous = not self._previous
        await self._begin_anew(self._active)

    async def _begin_anew(self, panes: Sequence[LogPane]) -> None:
        for pane in panes:
            await pane.begin_anew()
        self.draw_now()

    def action_pick_pod(self) -> None:
        """One pod, or all."""
        self.run_worker(self._pick_pod(), group="picking", exclusive=True)

    async def _pick_pod(self) -> None:
        side, pane = self._side, self.pane
        pods = pane.selection.pods if pane.selection is not None else ()
        choices = [(EVERY, f"all {count(len(pods), 'pod')}"), *pods]
        present = self._pods[side] or EVERY
        chosen = await self.app.push_screen_wait(PickScreen(f"Pod, {side} revision", choices, present))
        if chosen is not None and chosen != self._pods[side]:
            self._pods[side] = chosen
            await self._begin_anew([pane])

    def action_pick_container(self) -> None:
        """One container of each pod, or all."""
        self.run_worker(self._pick_container(), group="picking", exclusive=True)

    async def _pick_container(self) -> None:
        selection = self.pane.selection or Selection()
        choices = [
            ("", "the first container, and one that is broken"),
            (EVERY, "every container"),
            *((name, clean(name)) for name in selection.containers),
        ]
        chosen = await self.app.push_screen_wait(PickScreen("Container", choices, self._container))
        if chosen is not None and chosen != self._container:
            self._container = chosen
            await self._begin_anew(self._active)

    # Keys: the rest

    def action_retry(self) -> None:
        """Do not wait for the next attempt."""
        super().action_retry()
        for pane in self._active:
            pane.feed.retry_now()

    def action_save(self) -> None:
        """Write the lines that are shown to a file."""
        self.run_worker(self._save(), group="saving")

    async def _save(self) -> None:
        pane, rollout = self.pane, self._rollout
        lines = pane.saved()
        if not lines:
            self.notify("There is nothing to save: no line is shown.", severity="warning")
            return
        name = f"{rollout.namespace}-{rollout.name}-{pane.side}" if rollout is not None else str(pane.side)
        name = f"{name}-{self.ktui.now():%Y%m%d-%H%M%S}"
        try:
            path = await asyncio.to_thread(save, logs_folder(), name, "log", lines)
        except OSError as error:
            text = f"The lines were not saved: {error.strerror or error}."
            self.notify(text, severity="error")
            return
        self.notify(f"{count(len(lines), 'line')} saved to {path}")

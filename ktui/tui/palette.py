"""The command palette: every key of the screen by its name, what it would do now, themes, and every rollout to open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, cast

from textual import events
from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.errors import NoWidget
from textual.worker import Worker, WorkType

from ktui.model.reference import can_be_name
from ktui.text import clean
from ktui.tui.dismissal import SafeToDismiss
from ktui.tui.door import plain, without_markup
from ktui.tui.host import Host
from ktui.tui.keymap import name
from ktui.tui.messages import GoTo, Open, View
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.overview.selection import ordered
from ktui.tui.terminal.saving import save
from ktui.tui.theme import THEMES

_SHORT: Final = {
    "ns": "namespace",
    "ctx": "context",
    "q": "quit",
    "q!": "quit",
    "undo": "roll back",
    "rollback": "roll back",
    "describe": "open",
    "events": "timeline",
    "ev": "timeline",
    "top": "resources",
    "pulse": "report",
}
"""Short words that others have made a habit, and how the palette calls what they mean."""

_AT_FIRST: Final = 8
"""How many rollouts are listed before anything is typed."""


class _Command(NamedTuple):
    title: str
    text: str
    run: Callable[[], object]


class Palette(CommandPalette, SafeToDismiss[None]):
    """The palette that ctrl+p opens. Textual's own has an id, and a second one may come before the first is gone."""

    def on_screen_resume(self) -> None:
        """Take the keys that were typed while it opened."""
        self.call_after_refresh(cast("Host", self.app).release_keys)

    def run_worker(self, work: WorkType[Any], *arguments: Any, **options: Any) -> Worker[Any]:
        """Start its search, which looks for widgets: none, if the palette was dismissed before they were composed."""

        async def search() -> None:
            if self.query(CommandList) and callable(work):
                try:
                    await work()
                except NoMatches:
                    # It goes on for a moment after the palette was dismissed, and took its widgets with it.
                    if self.is_on_stack:
                        raise

        return super().run_worker(search, *arguments, **options)

    async def on_event(self, event: events.Event) -> None:
        """Handle an event. Textual looks for the widget that was clicked: after a resize there may be none yet."""
        try:
            await super().on_event(event)
        except NoWidget:
            if not isinstance(event, events.Click):
                raise

    def _action_command_list(self, action: str) -> None:
        """Move through the list. Textual looks for lines that there are not before the list has any room."""
        if any(commands.scrollable_content_region for commands in self.query(CommandList)):
            super()._action_command_list(action)


class RolloutCommands(Provider):
    """What can be done here, each with its key, every rollout in scope, and where else one could go."""

    _contexts: Sequence[str] = ()

    async def startup(self) -> None:
        """Read what takes a file once, and not with each letter."""
        self._contexts = await asyncio.to_thread(lambda: self._host.contexts)

    @property
    def _host(self) -> Host:
        return cast("Host", self.app)

    def _keys(self) -> Iterator[_Command]:
        """The keys of the screen that the palette was opened on, in the order in which it names them."""
        uid = self._host.chosen
        offers = {offer.key: offer for offer in self._host.offers(uid)} if uid is not None else {}
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not (binding.show and binding.id and binding.description) or binding.id in seen or not active.enabled:
                continue
            if binding.id == "rollout.bluegreen" and (uid is None or not self._host.is_side(uid)):
                continue
            offer = offers.get(binding.key)
            if offers and offer is None and binding.action.startswith("steer("):
                # Nothing that this kind of workload has.
                continue
            seen.add(binding.id)
            title = offer.label if offer is not None and offer.instead is None else binding.description
            key = f"key {name(binding.key)}"
            if offer is not None and offer.instead is not None:
                key += f" · here the same as {offer.instead}"
            elif offer is not None and not offer.open:
                key += f" · closed: {offer.why_not}"
            yield _Command(title[:1].upper() + title[1:], key, partial(self._act, binding, active.node))

    def _scope(self) -> Iterator[_Command]:
        """Where to go also from a dialog, whose own keys are all that it takes."""
        if not any(active.binding.id == "scope.context" for active in self.screen.active_bindings.values()):
            yield _Command("Namespace", "another one, or all of them", partial(self._run, "app.pick_namespace"))
            yield _Command("Context", "another cluster", partial(self._run, "app.pick_context"))

    def _program(self) -> Iterator[_Command]:
        yield _Command("Theme: choose another one", f"now {self.app.theme}", self.app.search_themes)
        yield _Command("Save a picture of the screen", "as an SVG file", partial(self.app.call_later, self._picture))

    def _themes(self) -> Iterator[_Command]:
        for theme in sorted(THEMES):
            yield _Command(f"Theme {theme}", "change the colours", partial(setattr, self.app, "theme", theme))

    def _places(self) -> Iterator[_Command]:
        """Namespaces with a rollout in sight, and contexts."""
        known = sorted({rollout.namespace for rollout in self._host.live.rollouts.values()})
        yield _Command("Namespace: all of them", "show the whole cluster", partial(self._go, ""))
        for namespace in known:
            yield _Command(f"Namespace {clean(namespace)}", "show this one alone", partial(self._go, namespace))
        for context in self._contexts:
            yield _Command(f"Context {clean(context)}", "another cluster", partial(self._go, context, is_context=True))

    def _go(self, name: str, *, is_context: bool = False) -> None:
        self._host.post_message(GoTo(name, is_context=is_context))

    def _rows(self) -> Iterator[_Command]:
        """What changes which rows there are, and how they look."""
        if isinstance(self.screen, OverviewScreen):
            yield _Command(f"Rows: {self.screen.density}", "remembered", partial(self._run, "screen.density"))
            for called, words in self._host.options.habits.filters.items():
                yield _Command(f"Filter @{called}", words, partial(self._run, f"screen.saved_filter('{called}')"))

    def _all(self) -> tuple[_Command, ...]:
        return (*self._keys(), *self._rows(), *self._scope(), *self._program())

    def _act(self, binding: Binding, node: DOMNode) -> None:
        self._run(binding.action, node)

    def _run(self, action: str, node: DOMNode | None = None) -> None:
        self.app.call_later(self.app.run_action, action, node)

    async def _picture(self) -> None:
        app, folder = self.app, self._host.options.folder
        try:
            picture, called = app.export_screenshot(), f"ktui-{self._host.now():%Y%m%d-%H%M%S}"
            path = await asyncio.to_thread(save, folder and folder / "pictures", called, "svg", [picture])
        except OSError as error:
            app.notify(f"The picture was not saved: {error.strerror or error}.", severity="error")
        else:
            app.notify(f"The picture is in {path}")

    def _rollouts(self) -> Iterator[_Command]:
        host = self._host
        for rollout in ordered(host.live.rollouts.values(), "name"):
            yield _Command(
                f"Open {clean(rollout.namespace)}/{clean(rollout.label)}",
                f"{rollout.phase} {clean(rollout.image)}",
                partial(host.post_message, Open(View.DETAIL, rollout.uid, anew=True)),
            )

    async def discover(self) -> Hits:
        """What is there before anything is typed."""
        for title, text, command in (*self._all(), *list(self._rollouts())[:_AT_FIRST]):
            yield DiscoveryHit(plain(title), command, text=title, help=without_markup(text))

    async def search(self, query: str) -> Hits:
        """What fits what was typed, the closest first."""
        query = meant(query)
        matcher = self.matcher(query)
        found = (*self._all(), *self._places(), *self._themes(), *self._rollouts())
        for place, (title, text, command) in enumerate(found):
            score = closeness(query, title, matcher.match(title))
            if score > 0:
                yield Hit(score - place / 1e6, plain(title), command, text=title, help=without_markup(text))
        title = f"Namespace {(named := query.removeprefix('namespace ').strip())}"
        if query.startswith("namespace ") and can_be_name(named) and all(each.title != title for each in found):
            yield Hit(0.1, title, partial(self._go, named), text=title, help="go there, whatever it has")


def meant(query: str) -> str:
    """What was typed, with the short words of k9s and kubectl for the first one."""
    first, space, rest = query.partition(" ")
    return f"{_SHORT.get(first.lower(), first)}{space}{rest}"


def closeness(query: str, title: str, fuzzy: float) -> float:
    """How well a title fits what was typed: it begins so, a word of it does, it holds it, it has the letters.

    `fuzzy` is what Textual makes of the letters, from 0 for none; the result is 0 for what does not fit at all.
    """
    typed, words = query.strip().lower(), title.lower()
    if words.startswith(typed):
        return 4
    if f" {typed}" in words.replace("/", " ").replace(":", " "):
        return 3
    return 2 if typed in words else fuzzy / (1 + fuzzy)

"""The rollouts in the command palette: open one by typing a part of its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ktui.rollout.words import clean
from ktui.tui.overview_lines import ordered

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp


class RolloutCommands(Provider):
    """Every rollout in scope, and what can be done to the one in question."""

    def _commands(self) -> list[tuple[str, str, partial[None]]]:
        app = cast("KtuiApp", self.app)
        commands = [
            (
                f"Open {clean(rollout.namespace)}/{clean(rollout.name)}",
                f"{rollout.phase} {clean(rollout.image)}",
                partial(app.open_rollout, rollout.uid),
            )
            for rollout in ordered(app.live.rollouts.values(), "name")
        ]
        scope = [
            ("Namespace", "Show another namespace, or all of them", partial(app.action_pick_namespace)),
            ("Context", "Go to another cluster", partial(app.action_pick_context)),
        ]
        return [*scope, *self._pair(), *commands]

    def _pair(self) -> list[tuple[str, str, partial[None]]]:
        """The way to the Service, where the rollout in question is one of its sides."""
        app = cast("KtuiApp", self.app)
        uid = app.chosen
        if uid is None or not app.is_side(uid):
            return []
        return [("Blue-green", "Where traffic goes, both sides, switch", partial(app.open_blue_green, uid))]

    async def discover(self) -> Hits:
        """What is there before anything is typed."""
        for title, told, command in self._commands()[:8]:
            yield DiscoveryHit(Content(title), command, text=title, help=_plain(told))

    async def search(self, query: str) -> Hits:
        """What fits what was typed."""
        matcher = self.matcher(query)
        for title, told, command in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, Content(title), command, text=title, help=_plain(told))


def _plain(text: str) -> str:
    # The palette reads its help texts as markup, and no escape is safe (TEXTUAL.md): brackets become round ones.
    return text.translate(str.maketrans("[]", "()"))

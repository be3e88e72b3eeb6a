"""The tour of the demo: each step is done with real keys on the real screens, and the panel is never over anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from ktui.kube.auth.access import Access
from ktui.sim import SimulatedCluster
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.options import Options
from ktui.tui.tour.panel import LEAVE, LINES, TourPanel
from ktui.tui.tour.steps import BROKEN, END, HELD, STEPS, Scene, Step, Tour
from tests.rollout.made import Made
from tests.tui.conftest import Dashboard, Screen

_LINE = 80 - 2
"""A line at 80 cells, with one free on both sides."""

ACTS = ("Pause", "Promote", "Roll back")
"""The steps that end with a yes."""

PAGES = ("overview", "rollout", "history", "logs", "report", "timeline", "resources")


def test_every_text_fits_80_cells_on_every_screen() -> None:
    tour = Tour()
    for step in range(len(STEPS) + 1):
        tour.at = step
        title = f"Tour {tour.title}  " if tour.title else ""
        assert cell_len(title + tour.lesson) <= _LINE, tour.lesson
        for page, over, part, chosen, listed in product(
            PAGES, ("", "page", "question", "other"), ("table", "filter", "why"), (BROKEN, HELD, ""), (set(), {HELD})
        ):
            said = tour.press(Scene(page, over, part, chosen, frozenset(listed)))
            room = _LINE - cell_len(LEAVE) - 1
            assert 0 < cell_len(f"▸ {said}") <= room, said


def test_what_leads_on_depends_on_where_one_is() -> None:
    promote = STEPS[4].press
    assert promote(Scene("overview", chosen=HELD, listed=frozenset({HELD}))).startswith("Press p")
    for step in STEPS[1:3]:
        assert step.press(Scene("logs", chosen=BROKEN)) == "Press esc to go back.", "enter opens nothing there"
    assert "esc" in promote(Scene("rollout", chosen=BROKEN))
    assert "esc again" in promote(Scene("overview", chosen=BROKEN, listed=frozenset({BROKEN})))
    assert "Press y" not in promote(Scene("overview", over="question", chosen=BROKEN)), "it is about another one"
    assert "press y" in promote(Scene("overview", over="question", chosen=HELD))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_no_step_names_a_key_that_means_something_else_where_one_is(step: Step) -> None:
    """Whatever was pressed before: help, a form, a question about another rollout, a line of text, a namespace."""
    for page, name in product(PAGES, (BROKEN, HELD)):
        at = Scene(page, chosen=name, listed=frozenset((BROKEN, HELD)))
        assert step.press(at._replace(over="other")) == "Press esc to close this."
        assert step.press(at._replace(over="page")) == "Press esc to close this page."
        assert step.press(at._replace(namespace="search")) == "Press n, and choose all namespaces."
        asked = step.press(at._replace(over="question"))
        assert asked.startswith("Press n") or (asked.endswith("press y.") and step.title in ACTS)
        if step.title != "Filter":
            assert step.press(at._replace(part="filter")) == "Press esc: you are typing."


def test_no_step_is_done_by_a_key_alone() -> None:
    nothing = Scene("overview", listed=frozenset({BROKEN, HELD}))
    assert not any(step.is_done(nothing, nothing) for step in STEPS)
    coming_in = nothing._replace(listed=frozenset({BROKEN}))
    assert not STEPS[0].is_done(nothing, coming_in), "the list is not filtered: it has no more yet"
    assert STEPS[0].is_done(nothing, coming_in._replace(is_filtered=True))


@pytest.fixture
def options(tmp_path: Path) -> Iterator[Options]:
    cluster = SimulatedCluster(seed=7, name="demo")
    cluster.load("tour")
    with cluster.serving():
        access = Access(kubeconfig=str(cluster.write_kubeconfig(tmp_path / "kubeconfig")))
        yield Options(access, tmp_path / "audit.jsonl", tour=True, to_read=0)


def test_a_pause_and_a_rollback_are_done_once_the_controller_has_seen_them() -> None:
    was = Made("web:1.1", 2).rollout()
    begun = Scene("overview", rollouts={BROKEN: was, HELD: was})

    def after(**changes: Any) -> Scene:
        return begun._replace(rollouts={BROKEN: msgspec.structs.replace(was, **changes), HELD: was})

    pause, back = STEPS[3].is_done, STEPS[5].is_done
    assert pause(begun, after(paused=True))
    assert back(begun, after(template=b"the old one"))
    assert not back(begun, after(template=b"the old one", observed=False))
    assert pause(begun, after(template=b"the old one")), "who rolls back at once has nothing to pause"


async def test_the_steps_are_done_one_after_another(dashboard: Dashboard) -> None:
    """All but the pause and the rollback, which are the same keys with another letter."""
    async with dashboard(size=(80, 24)) as screen:
        await _at(screen, "1 of 8: Filter", "Press / to filter.")
        await screen.press("slash")
        await _at(screen, "Type checkout")
        await screen.type("che")
        await screen.press("enter")
        await _at(screen, "2 of 8: Open", "Press enter to open it.")
        await screen.press("enter")
        await _at(screen, "3 of 8: Why", "Press tab")
        await screen.press("tab")
        await _at(screen, "Press enter: the cause in full")
        await screen.press("enter")
        await _at(screen, "4 of 8: Pause", "Press esc to close this page.")
        await screen.press("escape")
        await _at(screen, "Press space.")
        _skip(screen)
        await _at(screen, "5 of 8: Promote", "back to the list")
        await screen.press("escape", "escape")
        await _at(screen, f"Move to {HELD}")
        await _go_to(screen, HELD)
        await _at(screen, "Press p: promote.")
        await screen.press("p")
        await _agree(screen)
        await _at(screen, "6 of 8: Roll back", f"Move to {BROKEN}")
        _skip(screen)
        await _at(screen, "7 of 8: Logs")
        await _go_to(screen, BROKEN)
        await _at(screen, "Press l: logs.")
        await screen.press("l")
        await _at(screen, "8 of 8: Report", "Press f: report.")
        await screen.press("f")
        await _at(screen, *END)
        await screen.press("ctrl+t")
        await screen.sees_no(END[0])
        assert not screen.app.screen.query(TourPanel)
        await screen.press("ctrl+t")
        assert screen.app.is_running, "a key that means nothing now does nothing"


def _skip(screen: Screen) -> None:
    tour = screen.app._tour
    assert tour is not None
    tour.at += 1


async def _go_to(screen: Screen, name: str) -> None:
    """Move the cursor there; other rollouts may change their places meanwhile."""

    def is_there() -> bool:
        rollout = screen.app.live.rollouts.get(screen.app.chosen or "")
        return rollout is not None and f"{rollout.namespace}/{rollout.name}" == name

    await screen.press("g")
    for _ in screen.app.live.rollouts:
        if is_there():
            return
        await screen.press("j")
    raise AssertionError(f"the cursor never came to {name}")


async def _agree(screen: Screen) -> None:
    await _at(screen, "Read what will happen, then press y.")
    await screen.sees("y yes")
    await screen.press("y")


async def _at(screen: Screen, *texts: str) -> None:
    """The panel says that, and what it speaks of is to be seen in full."""
    await screen.sees(*texts)
    top = screen.app.screen
    panel = top.query_one(TourPanel)
    assert panel.region == (0, top.size.height - LINES - 1, top.size.width, LINES), "on every screen the same lines"
    others = [*top.query(".dialog")] if isinstance(top, Dialog) else [each for each in top.children if each != panel]
    for other in (each for each in others if each.display and each.region.height):
        assert not panel.region.overlaps(other.region) or other.id == "_default", f"it is over {other}"

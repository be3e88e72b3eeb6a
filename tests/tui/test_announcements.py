"""A rollout that was started here, or is open, says when it ends or gets into trouble."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ktui.rollout.rollout import Phase, Rollout
from ktui.sim import SimulatedCluster
from ktui.tui.announcements import announcement, terminal_title
from tests.rollout.made import Made
from tests.terminal import Terminal
from tests.tui.conftest import Dashboard, Stage

CALM = Made("web:1", 4, replicas=4, updatedReplicas=4, readyReplicas=4, availableReplicas=4).rollout()


def a(phase: Phase, name: str = "web") -> Rollout:
    return msgspec.structs.replace(CALM, name=name, phase=phase)


@pytest.mark.parametrize(
    ("before", "after", "begins"),
    [
        (Phase.PROGRESSING, Phase.COMPLETE, "✔ default/web: complete"),
        (Phase.PROGRESSING, Phase.FAILED, "✖ default/web: failed"),
        (Phase.PROGRESSING, Phase.STALLED, "▲ default/web: stalled"),
        (Phase.STALLED, Phase.COMPLETE, "✔ default/web: complete"),
        (Phase.PROGRESSING, Phase.HELD, "◆ default/web: held"),
        (Phase.COMPLETE, Phase.PROGRESSING, None),
        (Phase.COMPLETE, Phase.STALLED, None),
        (Phase.PROGRESSING, Phase.PROGRESSING, None),
        (Phase.STALLED, Phase.PROGRESSING, None),
    ],
)
def test_what_is_said(before: Phase, after: Phase, begins: str | None) -> None:
    said = announcement(before, a(after))
    if begins is None:
        assert said is None
    else:
        assert said is not None
        assert said.sentence.replace(f"{CALM.namespace}/", "default/").startswith(begins)


def test_the_title_counts_what_is_wrong() -> None:
    assert terminal_title([a(Phase.COMPLETE)]) == "ktui"
    assert terminal_title([a(Phase.FAILED), a(Phase.STALLED, "b"), a(Phase.STALLED, "c")]) == "✖1 ▲2 · ktui"


async def test_a_rollout_that_was_started_here_says_how_it_ended(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.press("R", "y")
        await screen.until(lambda: stage.read("cart").metadata.generation > 1, "the restart")
        stage.advance(60)
        await screen.until(lambda: "✔ shop/cart: complete" in screen.told, "to be told")


@pytest.mark.timeout(240)
def test_the_terminal_has_its_title_back_afterwards(tmp_path: Path) -> None:
    with SimulatedCluster(seed=3, name="prod-eu").serving() as cluster:
        stage = Stage(cluster, tmp_path)
        stage.deploy("cart", "cart:nopull", replicas=2)
        stage.advance(120)
        with Terminal.python("-m", "ktui", "--kubeconfig", str(stage.kubeconfig()), home=tmp_path) as terminal:
            terminal.sees("▲ stalled")
            terminal.until(lambda _: "\x1b]2;▲1 · ktui\x1b\\".encode() in terminal.raw, "the title")
            terminal.press("q")
            assert terminal.ends() == 0
            assert terminal.raw.index(b"\x1b[22;2t") < terminal.raw.index(b"\x1b[23;2t")
        stage.close()

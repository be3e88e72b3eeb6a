"""Columns stay aligned beside wide letters, combining marks and what cannot be seen."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ktui.text import clean
from ktui.tui.draw.widgets import cut_front, fit
from tests.tui.conftest import Dashboard, Stage

WIDE: Final = "登録-e\u0301店\u200b👍-ｗｉｄｅ"
"""Two cells a letter, a mark, a zero-width space, an emoji."""

TEXTS = st.text(st.sampled_from("ab漢👍e\u0301ｗ…"), max_size=30)


@given(text=TEXTS, cells=st.integers(0, 24))
def test_what_is_fitted_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(fit(text, cells, right=True)) == cells


@given(text=TEXTS.map(clean), cells=st.integers(1, 24))
def test_what_is_cut_in_front_keeps_its_end(text: str, cells: int) -> None:
    cut = cut_front(text, cells)
    assert cell_len(cut) <= cells
    assert cut == text if cell_len(text) <= cells else text.endswith(cut.removeprefix("…")) and cut.startswith("…")
    assert cell_len(cut) >= min(cells, cell_len(text)) - 1, "no more is cut than a wide letter needs"


def starts(screen: str, *words: str, ends: bool = False) -> set[int]:
    """The cells at which the words begin, or end, wherever they are."""
    lines = [(line, word) for word in words for line in screen.splitlines() if word in line]
    assert {word for _, word in lines} == set(words), screen
    return {cell_len(line[: line.index(word)]) + (cell_len(word) if ends else 0) for line, word in lines}


def _event(reason: str, message: str) -> dict[str, object]:
    involved = {"kind": "Deployment", "namespace": "shop", "name": "cart", "apiVersion": "apps/v1"}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"cart.{len(reason)}{len(message)}", "namespace": "shop"},
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": "Warning",
        "firstTimestamp": "2026-11-23T12:05:00Z",
        "lastTimestamp": "2026-11-23T12:05:00Z",
        "count": 1,
    }


async def test_tables_stay_aligned(stage: Stage, dashboard: Dashboard) -> None:
    cause = {"annotations": {"kubernetes.io/change-cause": f"部署 {WIDE}"}}
    stage.deploy("cart", f"{WIDE}:4.9", metadata=cause)
    stage.deploy("catalog", "catalog:1.0")
    stage.advance(300)
    stage.set_image("cart", f"{WIDE}:crash")
    stage.advance(20)
    uid = stage.read("cart").metadata.uid
    for event in (_event("理由e\u0301", "漢字 one"), _event("Plain", "two plain")):
        involved = {**event["involvedObject"], "uid": uid}  # type: ignore[dict-item]
        stage.cluster.apply({**event, "involvedObject": involved})
    async with dashboard((150, 40)) as screen:
        await screen.knows_all()
        assert len(starts(screen.text, " 20s", "5m19s", ends=True)) == 1, screen.text

        await screen.press("slash", *"cart", "enter", "enter")
        await screen.sees("REVISIONS AND PODS", "two plain", "漢字 one")
        assert len(starts(screen.text, "two plain", "漢字 one")) == 1, screen.text

        await screen.press("h")
        await screen.sees("WHAT CHANGED")
        assert len(starts(screen.text, "0/2", "3/3")) == 1, screen.text
        await screen.sees(":crash   ", ":4.9   ")
        assert {strip.cell_length for strip in screen.app.screen._compositor.render_strips()} == {150}

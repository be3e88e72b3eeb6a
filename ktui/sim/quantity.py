"""Kubernetes quantities as numbers: `100m` of CPU is 0.1 cores, `64Mi` of memory is 67108864 bytes."""

from __future__ import annotations

from functools import lru_cache

_FACTORS = {
    "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40,
}  # fmt: skip


@lru_cache(maxsize=4096)
def number_of(quantity: str) -> float:
    """The number that a quantity stands for.

    Raises:
        ValueError: it is none.
    """
    for suffix in ("Ki", "Mi", "Gi", "Ti", "m", "k", "M", "G", "T"):
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * _FACTORS[suffix]
    return float(quantity)


def cpu_of(quantity: str | float) -> float:
    """Cores."""
    return number_of(str(quantity))


def memory_of(quantity: str | float) -> float:
    """Bytes."""
    return number_of(str(quantity))

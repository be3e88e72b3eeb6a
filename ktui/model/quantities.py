"""Kubernetes quantities: read as exact numbers (`100m` is 0.1, `64Mi` is 67108864), and written as people read them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

_SUFFIXES: Final = {
    "": Decimal(1),
    **{name: Decimal(10) ** power for name, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)},
    **{f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGTPE", 1)},
}
_FORM: Final = re.compile(
    r"([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2}(?![A-Za-z]))?)([A-Za-z]{0,2})"
)
_EXACT: Final = Context(prec=160)
"""Digits enough for the longest number that the form lets through, times the largest suffix."""

_BINARY: Final = (("Gi", Decimal(1024) ** 3), ("Mi", Decimal(1024) ** 2), ("Ki", Decimal(1024)))


def quantity(text: str) -> Decimal | None:
    """The number that a quantity stands for; None for what is none."""
    found = _FORM.fullmatch(text)
    if found is None or found[2] not in _SUFFIXES:
        return None
    return _EXACT.multiply(Decimal(found[1]), _SUFFIXES[found[2]])


def amount_text(resource: str, amount: Decimal) -> str:
    """An amount of a quota's resource: CPU, memory and storage in their units, all else as a number."""
    name = resource.rpartition(".")[2] if resource.startswith(("requests.", "limits.")) else resource
    if name == "cpu":
        return cpu_text(amount)
    return memory_text(amount) if name in ("memory", "storage", "ephemeral-storage") else f"{_rounded(amount, 3)}"


def cpu_text(cores: Decimal) -> str:
    """CPU: `120m` below one core, `1.25` from there on; what is less than 10m has one more digit."""
    if abs(cores) >= 1:
        return f"{_rounded(cores, 2)}"
    thousandths = cores * 1000
    return f"{_rounded(thousandths, 1 if abs(thousandths) < 10 else 0)}m" if cores else "0"


def memory_text(octets: Decimal) -> str:
    """Memory, given in bytes: `240Mi`, `1.5Gi`; less than a KiB as the number of bytes."""
    for suffix, size in _BINARY:
        if abs(octets) >= size:
            return f"{_rounded(octets / size, 1 if suffix == 'Gi' else 0)}{suffix}"
    return f"{_rounded(octets, 0)}"


def _rounded(number: Decimal, places: int) -> str:
    """In ordinary digits, without zeros at the end of a fraction."""
    text = f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

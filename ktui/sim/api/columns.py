"""The columns of a Table, and how one row of it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

JSON = dict[str, Any]
Cells = Callable[[JSON, datetime], list[Any]]

NONE = "<none>"


@dataclass(frozen=True)
class Column:
    """A heading; a ``wide`` one is shown by ``-o wide`` alone."""

    name: str
    type: str = "string"
    format: str = ""
    wide: bool = False

    @property
    def definition(self) -> JSON:
        """The column as a Table's ``columnDefinitions`` has it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": f"{self.name} of the object.",
            "priority": 1 if self.wide else 0,
        }


def _no_conditions(_obj: JSON) -> list[JSON]:
    return []


@dataclass(frozen=True)
class Printer:
    """The columns of a kind, and the cells of one object; ``conditions`` mark rows that kubectl may hide."""

    columns: tuple[Column, ...]
    cells: Cells
    conditions: Callable[[JSON], list[JSON]] = _no_conditions


def columns(*names: str, wide: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Name first, then these; a heading that ends in ``#`` holds whole numbers."""
    first = Column("Name", format="name")
    return (first, *(_column(name) for name in names), *(_column(name, wide=True) for name in wide))


def _column(name: str, *, wide: bool = False) -> Column:
    return Column(name.rstrip("#"), "integer" if name.endswith("#") else "string", wide=wide)


def name_of(obj: JSON) -> str:
    """An object's name."""
    return str(obj["metadata"].get("name", ""))


def listed(values: list[str]) -> str:
    """Values as one cell."""
    return ",".join(values) or NONE

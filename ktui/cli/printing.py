"""Text and documents on standard output, notes and errors on standard error."""

from __future__ import annotations

from typing import Any

import click
import msgspec


def line(text: str = "") -> None:
    """One line of what was asked for, at once: a pipe may be watched live."""
    click.echo(text)


def note(text: str) -> None:
    """One line beside what was asked for."""
    click.echo(text, err=True)


def error(sentence: str, hint: str = "") -> None:
    """What went wrong, and what to do about it."""
    click.echo(f"ktui: {sentence}", err=True)
    if hint:
        click.echo(hint, err=True)


def document(content: Any, output: str) -> None:
    """Structs, lists, dicts and texts as JSON or YAML, in ASCII: what a cluster says cannot act on a terminal."""
    plain = msgspec.to_builtins(content, str_keys=True)
    # Only where such a document is asked for: the dashboard never does, and starts faster without them.
    if output == "json":
        import json  # noqa: PLC0415

        line(json.dumps(plain, indent=2))
        return
    import yaml  # noqa: PLC0415

    click.echo(yaml.safe_dump(plain, sort_keys=False), nl=False)


def table(header: list[str], rows: list[list[str]]) -> None:
    """Columns, three spaces apart, as kubectl prints them; the last one is as wide as it is."""
    widths = widths_of([header, *rows])
    for each in (header, *rows):
        row(each, widths)


def widths_of(rows: list[list[str]]) -> list[int]:
    """How wide each column has to be."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def row(cells: list[str], widths: list[int]) -> None:
    """One row of a table with columns of at least these widths."""
    line("   ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())

"""Text and documents on standard output, notes, questions and errors on standard error.

The one door of the commands to the terminal: whatever goes through it is clean, whoever wrote it.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click
import msgspec

from ktui.text import clean, visible


def line(text: str = "", *, colour: str = "") -> None:
    """One line of what was asked for, at once: a pipe may be watched live. A terminal shows it in that colour."""
    coloured = colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    _write(sys.stdout, click.style(visible(text), fg=colour) if coloured else visible(text))


def note(text: str) -> None:
    """One line beside what was asked for."""
    _write(sys.stderr, visible(text))


def error(sentence: str, hint: str = "") -> None:
    """What went wrong, and what to do about it."""
    note(f"ktui: {clean(sentence)}")
    if hint:
        note(clean(hint))


def confirm(question: str) -> bool:
    """Whether a person says yes. Raises click.Abort where nobody answers."""
    return click.confirm(clean(question), err=True)


def usage_error(complaint: click.ClickException) -> None:
    """What is wrong with a command line, as click says it: with the usage before it, and the arguments clean."""
    message = clean(complaint.format_message())
    if isinstance(complaint, click.UsageError) and complaint.ctx is not None:
        context = complaint.ctx
        _write(sys.stderr, visible(context.get_usage(), keep="\n"))
        if context.command.get_help_option(context) is not None:
            _write(sys.stderr, f"Try '{context.command_path} {max(context.help_option_names, key=len)}' for help.\n")
    note(f"Error: {message}")


def document(content: Any, output: str) -> None:
    """Structs, lists, dicts and texts as JSON or YAML, in ASCII: what a cluster says cannot act on a terminal."""
    plain = msgspec.to_builtins(content, str_keys=True)
    # Only where such a document is asked for: the dashboard never does, and starts faster without them.
    if output == "json":
        import json  # noqa: PLC0415

        # JSON need not escape the last of the control characters, and so Python does not.
        _write(sys.stdout, json.dumps(plain, indent=2).replace("\x7f", "\\u007f"))
        return
    import yaml  # noqa: PLC0415

    _write(sys.stdout, yaml.safe_dump(plain, sort_keys=False).removesuffix("\n"))


def table(header: list[str], rows: list[list[str]]) -> None:
    """Columns, three spaces apart, as kubectl prints them; the last one is as wide as it is."""
    widths = widths_of([header, *rows])
    for each in (header, *rows):
        row(each, widths)


def widths_of(rows: list[list[str]]) -> list[int]:
    """How many cells of a terminal each column takes."""
    return [max(_cells(clean(cell)) for cell in column) for column in zip(*rows, strict=True)]


def row(cells: list[str], widths: list[int]) -> None:
    """One row of a table with columns of at least these widths."""
    cleaned = map(clean, cells)
    padded = (cell + " " * (width - _cells(cell)) for cell, width in zip(cleaned, widths, strict=True))
    line("   ".join(padded).rstrip())


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    # Most tables are ASCII, and do without it.
    from rich.cells import cell_len  # noqa: PLC0415

    return cell_len(text)


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")
    stream.flush()

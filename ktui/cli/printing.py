"""Text and documents on standard output, notes, questions and errors on standard error.

The one door of the commands to the terminal: whatever goes through it is clean, no matter who wrote it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, repeat
from typing import Any, Final, TextIO

import click

from ktui import signals, signs
from ktui.cli import standard_input
from ktui.text import clean, visible

COLOUR_MODES: Final = ("auto", "always", "never")
"""When colours are used; `auto` is on a terminal that has them, unless NO_COLOR is set."""


class _State:
    """What the command that runs has chosen."""

    colours = "auto"
    passing = ""
    """What is on the last line of standard error, and is replaced by what comes next."""


def use_colours(mode: str) -> None:
    """Use colours as one of `COLOUR_MODES` says, from now on."""
    _State.colours = mode


def _has_colours() -> bool:
    if _State.colours == "auto":
        return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return _State.colours == "always"


def line(text: str = "", *, colour: str = "") -> None:
    """One line of what was asked for, at once: a pipe may be watched live. A terminal shows it in that colour."""
    spans([(text, colour)])


def spans(parts: Iterable[tuple[str, str]]) -> None:
    """One line of parts, each with its colour; no colour is the terminal's own."""
    _write(sys.stdout, "".join(_styled(visible(text), colour) for text, colour in parts))


def verbatim(text: str) -> None:
    """A script for a shell or a page for a browser, as it is: it is ktui's own, and other text in it is clean."""
    _write(sys.stdout, text)


def _styled(text: str, colour: str) -> str:
    return click.style(text, fg=colour) if colour and _has_colours() else text


def note(text: str) -> None:
    """One line beside what was asked for."""
    _write(sys.stderr, visible(text))


def remark(sentence: str) -> None:
    """Something of ktui's own that a person should know beside what was asked for."""
    note(f"ktui: {sentence}")


def to_terminal(sequence: Callable[[str], str], text: str = "") -> None:
    """What a terminal obeys, with a text in it, on standard error; nothing if that is not a terminal.

    `sequence` is a function of `ktui.notify.sequences`, which clean what they are given.
    """
    stream = sys.stderr
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return
    stream.flush()
    shown = signs.in_ascii(text) if getattr(stream, "in_ascii", False) else text
    # Not as text: that lets nothing through which a terminal obeys.
    stream.buffer.write(sequence(shown).encode(stream.encoding, signs.ERRORS))
    stream.buffer.flush()


def has_passing() -> bool:
    """Whether a line can be replaced on standard error."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def passing(text: str) -> None:
    """A line that is replaced by whatever comes next: what is waited for. Empty to remove it."""
    if text == _State.passing or not has_passing():
        return
    _State.passing = text
    try:
        cells = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, io.UnsupportedOperation):
        cells = 80
    shown = visible(text)[: max(1, cells - 1)]
    to_terminal(lambda line: f"\r\x1b[K{line}", shown)


def begin_line() -> None:
    """Remove what a terminal has put on the line by itself: it shows Ctrl-C as `^C`."""
    to_terminal(lambda line: f"\r\x1b[K{line}")


def error(sentence: str, hint: str = "") -> None:
    """What went wrong, and what to do about it."""
    note(f"ktui: {clean(sentence)}")
    if hint:
        note(clean(hint))


def confirm(question: str) -> bool:
    """Whether a person says yes. Raises click.Abort where nobody answers."""
    while True:
        answer = _typed(f"{clean(question)} [y/N]: ").lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("", "n", "no"):
            return False
        note("Type y for yes, or n for no.")


def ask(question: str) -> str:
    """What a person types; nothing for an empty line. Raises click.Abort where nobody answers."""
    return _typed(f"{clean(question)}: ")


def _typed(prompt: str) -> str:
    """A line that a person types. Raises click.Abort where nobody answers."""
    passing("")
    sys.stderr.write(prompt)
    sys.stderr.flush()
    try:
        return standard_input.read_line() if sys.stdin.isatty() else input().strip()
    except (KeyboardInterrupt, EOFError, OSError):
        # An OSError: the terminal has gone, or belongs to another program now.
        note("")
        raise click.Abort from None
    except signals.Ended:
        note("")
        raise


def usage_error(complaint: click.ClickException) -> None:
    """What is wrong with a command line, as click says it: with the usage before it, and the arguments clean."""
    if isinstance(complaint, click.exceptions.NoArgsIsHelpError):
        _write(sys.stderr, visible(complaint.ctx.get_help(), keep="\n"))
        return
    message = clean(complaint.format_message())
    if isinstance(complaint, click.UsageError) and complaint.ctx is not None:
        context = complaint.ctx
        _write(sys.stderr, visible(context.get_usage(), keep="\n"))
        if context.command.get_help_option(context) is not None:
            _write(sys.stderr, f"Try '{context.command_path} {max(context.help_option_names, key=len)}' for help.\n")
    note(f"Error: {message}")


def document(content: Any, output: str) -> None:
    """Structs, lists, dicts and texts as JSON or YAML, in ASCII: what a cluster says cannot act on a terminal."""
    # Only where such a document is asked for: help and the dashboard never do, and start faster without them.
    import msgspec  # noqa: PLC0415

    plain = msgspec.to_builtins(content, str_keys=True)
    if output == "json":
        import json  # noqa: PLC0415

        # JSON need not escape the last of the control characters, and so Python does not.
        _write(sys.stdout, json.dumps(plain, indent=2).replace("\x7f", "\\u007f"))
        return
    import yaml  # noqa: PLC0415

    _write(sys.stdout, yaml.safe_dump(plain, sort_keys=False).removesuffix("\n"))


def table(header: list[str], rows: list[list[str]], colours: Iterable[Mapping[int, str]] = ()) -> None:
    """Columns, three spaces apart, as kubectl prints them; the last one is as wide as it is.

    `colours` are those of the cells of each row, by the number of the column.
    """
    widths = widths_of([header, *rows])
    row(header, widths)
    for each, coloured in zip(rows, chain(colours, repeat({})), strict=False):
        row(each, widths, coloured)


def widths_of(rows: list[list[str]]) -> list[int]:
    """How many cells of a terminal each column takes."""
    return [max(_cells(clean(cell)) for cell in column) for column in zip(*rows, strict=True)]


def row(cells: list[str], widths: list[int], colours: Mapping[int, str] | None = None) -> None:
    """One row of a table with columns of at least these widths, the cells in these colours."""
    cleaned = list(map(clean, cells))
    last = max((at for at, cell in enumerate(cleaned) if cell), default=-1)
    parts = []
    for at, (cell, width) in enumerate(zip(cleaned, widths, strict=True)):
        if at <= last:
            gap = " " * (max(0, width - _cells(cell)) + 3) if at < last else ""
            parts += [(cell, (colours or {}).get(at, "")), (gap, "")]
    spans(parts)


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    # Most tables are ASCII, and do without it.
    from rich.cells import cell_len  # noqa: PLC0415

    return cell_len(text)


def _write(stream: TextIO, text: str) -> None:
    passing("")
    stream.write(f"{text}\n")
    stream.flush()

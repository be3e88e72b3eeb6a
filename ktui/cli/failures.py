"""Whatever ends a command early: one sentence, one hint, one exit code (`exit_codes`)."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ktui import own_files, signals
from ktui.cli import printing, standard_streams
from ktui.cli.exit_codes import BROKEN_PIPE, BUG, FAILED, INTERRUPTED


def guarded(run: Callable[[], Any]) -> int:
    """Run a command and return its exit code, whatever happens in it."""
    with signals.handled(), standard_streams.streams():
        code = _code_of(run)
        if unwritten := standard_streams.failure():
            printing.error(unwritten)
        return code


def _code_of(run: Callable[[], Any]) -> int:
    try:
        code = run()
    except click.ClickException as error:
        printing.usage_error(error)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except signals.Ended as ended:
        return int(ended.code or 0)
    except Exception as error:  # noqa: BLE001 - the last resort
        return _explained(error)
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> int:
    # Only here are these needed, and only to know their errors by type.
    from ktui.kube.errors import KubeError  # noqa: PLC0415
    from ktui.settings import SettingsError  # noqa: PLC0415

    if isinstance(error, KubeError | SettingsError):
        printing.error(str(error), error.hint)
        return FAILED
    return _bug(error)


def _bug(error: Exception) -> int:
    from ktui.settings import crash_file  # noqa: PLC0415 - help and the version have no use for settings

    path = crash_file()
    try:
        if path is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home folder")
        _write_traceback(path, error)
    except OSError as second:
        printing.error(f"This is a bug in ktui: {type(error).__name__}. No traceback was kept ({second.strerror}).")
        return BUG
    printing.error(f"This is a bug in ktui: {type(error).__name__}.", f"Please report it with the traceback in {path}.")
    return BUG


def _write_traceback(path: Path, error: Exception) -> None:
    """Without the values of variables; and what an error says is kept without what looks like a secret."""
    from ktui.kube.errors import redacted  # noqa: PLC0415 - nothing that a command needs

    text = "".join(traceback.format_exception(error))
    # Where something was is indented, source and all; what it says is not.
    lines = [line if line.startswith("  ") else redacted(line) for line in text.splitlines()]
    own_files.append(path, "\n".join([datetime.now(UTC).isoformat(), *lines, "", ""]).encode("utf-8", "replace"))

"""The exit codes of all commands. docs/pipelines.md says what those of `status` mean to a pipeline."""

from __future__ import annotations

from typing import Final

FAILED: Final = 1
"""The cluster said no, or could not be asked; or the rollout failed."""
USAGE: Final = 2
NOT_FINISHED: Final = 3
"""`status`: the rollout still goes on, or waits."""
BUG: Final = 70
"""EX_SOFTWARE of sysexits.h."""
INTERRUPTED: Final = 130
"""By Ctrl-C. After any other signal it is 128 and the signal's number (`ktui.signals`)."""
BROKEN_PIPE: Final = 141
"""Of a command that only shows something: nobody reads it any more."""

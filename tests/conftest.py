"""What holds for all tests: a property is judged by what it finds, not by how long a busy machine takes."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ktui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ktui")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two workers for each core: half of the time a test waits for a process, a server or a terminal."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return 2 * len(os.sched_getaffinity(0))


def pytest_sessionstart(session: pytest.Session) -> None:
    """A shell that runs the tests in the background lets its children ignore Ctrl-C, and theirs too."""
    # What colours the machine's own terminal has must not decide what the screens look like.
    os.environ["COLORTERM"] = "truecolor"
    os.environ.pop("NO_COLOR", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

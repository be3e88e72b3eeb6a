"""What holds for all tests: a property is judged by what it finds, not by how long a busy machine takes."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from syrupy.report import SnapshotReport

settings.register_profile("ktui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ktui")

# Compiling the tests takes longer than importing them, and each worker would do it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A kubectl that lives for a moment need not collect its garbage: a fifth of what it costs.
os.environ["GOGC"] = "1000"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two workers for each core and one more: half of the time a test waits for a process, a server or a terminal."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return 2 * len(os.sched_getaffinity(0)) + 1


def pytest_sessionstart(session: pytest.Session) -> None:
    """What starts the tests decides neither about colours nor about signals."""
    # What colours the machine's own terminal has must not decide what the screens look like.
    os.environ["COLORTERM"] = "truecolor"
    os.environ.pop("NO_COLOR", None)
    # A shell lets what it runs in the background ignore Ctrl-C, and nohup the end of the terminal; so would all that
    # the tests start. A program that is started has the default instead of a handler.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for ignored in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(ignored) is signal.SIG_IGN:
            signal.signal(ignored, lambda *_: None)


def pytest_collection(session: pytest.Session) -> None:
    """Before a worker collects everything, it compiles its share of the tests; the others' it then finds compiled.

    The same for the constants that Hypothesis looks for in all modules.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    root = Path(__file__).parents[1]
    for file in sorted((root / "tests").rglob("test_*.py"))[number::count]:
        with suppress(Exception, pytest.skip.Exception):  # the collection tells
            importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
    for name in sorted(name for name in sys.modules if name.startswith("ktui."))[number::count]:
        with suppress(Exception):  # it is private to Hypothesis, which does it itself where this does not
            importlib.import_module("hypothesis.internal.constants_ast").constants_from_module(sys.modules[name])


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected lives to the end: no collection of garbage looks through it again.

    Nor does one begin after each 700 new objects, which are not even one screen.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(config: pytest.Config) -> None:
    """What a worker would say about snapshots at its end, seconds long, nobody reads."""
    if hasattr(config, "workerinput"):
        SnapshotReport.lines = property(lambda _: iter(()))  # type: ignore[assignment]

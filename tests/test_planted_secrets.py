"""Planted secrets are looked for wherever ktui writes: on screens, in output, in files, in what a crash leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from ktui.cli.exit_codes import BUG
from ktui.cli.root import main
from ktui.kube.auth.credentials import Credentials
from ktui.kube.auth.kubeconfig import Kubeconfig
from ktui.kube.connection import Connection
from ktui.kube.exchange import Exchange
from ktui.live.live import Live
from ktui.model.store import Store
from ktui.redaction import MASK
from tests.planted import SECRETS, SOURCES, Found, Planted, credentials, planted_in
from tests.terminal import Terminal


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with planted_in(tmp_path_factory.mktemp("planted")) as found:
        yield found


# What commands write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("KTUI_") or name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


@dataclass
class Run:
    """The command line in this process; all that it writes is kept."""

    found: Found
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main(list(arguments))
        written = self.capsys.readouterr()
        self.found.keep(" ".join(each for each in arguments if "/" not in each), written.out + written.err)
        return code


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(Found(), capsys)


def files_of(home: Path) -> Iterator[tuple[str, str]]:
    """Every file that was written."""
    for path in home.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(home)), path.read_bytes().decode("utf-8", "replace")


SCREENS: Final = (
    ("", "web", "cart"),
    ("\r", "REVISIONS AND PODS"),
    ("j\r", "Pod shop/"),
    ("y", "kind: Pod"),
    ("\x1b", "REVISIONS AND PODS"),
    ("\t\r", "TRY"),
    ("\x1b", "REVISIONS AND PODS"),
    ("h", "WHAT CHANGED"),
    ("y", "image:"),
    ("Y", "containers:"),
    ("\x1b", "REVISIONS AND PODS"),
    ("e", "TIMELINE"),
    ("\x1b", "REVISIONS AND PODS"),
    ("l", "exiting with code"),
    ("\x1b", "REVISIONS AND PODS"),
    ("b", "Roll back"),
    ("\x1b", "REVISIONS AND PODS"),
    ("i", "Set the image"),
    ("\x1b", "REVISIONS AND PODS"),
    ("M", "THE NEWEST FIRST"),
    ("\x1b", "REVISIONS AND PODS"),
    ("\x1b", "q quit"),
)
"""Keys, and what is on the screen that each opens."""

QUESTIONS: Final = ("b", "i")
"""Keys that ask something, over the screen that they are pressed on."""


def test_no_screen_shows_one(planted: Planted, home: Path) -> None:
    found, config = Found(), planted.kubeconfig("token", token=SECRETS["token"])
    with Terminal.python(
        "-m", "ktui", "--kubeconfig", config, "-n", "shop", home=home, columns=120, rows=50
    ) as terminal:
        question = ""
        for keys, *shown in SCREENS:
            terminal.press(keys)
            terminal.sees(*shown)
            # What is behind a question is in sight while it is asked.
            terminal.until(lambda screen, gone=question: not gone or gone not in screen, f"no {question!r}")  # type: ignore[misc]
            question = shown[0] if keys in QUESTIONS else ""
            terminal.rests()
            found.keep(repr(keys), terminal.text)
        found.keep("the terminal", terminal.raw.decode("utf-8", "replace"))
    for name, text in files_of(home):
        found.keep(name, text)
    assert found.leaks == [], "\n".join(found.leaks)
    masked = [where for where, text in found.texts.items() if MASK in text]
    assert len(masked) >= 4, masked


COMMANDS: Final = (
    ("get", "-A"),
    ("get", "-o", "json"),
    ("get", "-o", "yaml"),
    ("status", "web", "--timeout", "1s", "--junit", "report.xml"),
    ("status", "cart", "--timeout", "1s", "-o", "json"),
    ("history", "web"),
    ("history", "web", "--revision", "2"),
    ("history", "cart", "-o", "json"),
    ("diff", "web"),
    ("diff", "web", "--yaml"),
    ("timeline", "web"),
    ("timeline", "cart", "-o", "yaml"),
    ("logs", "cart"),
    ("resources", "web"),
    ("report",),
    ("audit",),
    ("audit", "-o", "json"),
    ("rollback", "web", "--dry-run", "-o", "json"),
    ("set-image", "web", "web=registry.example/shop/web:3.0", "--dry-run"),
    ("pause", "web", "--yes"),
    ("resume", "web", "--yes"),
    ("canary", "cart", "--image", "cart=cart:4.0", "--pods", "1", "--dry-run"),
    ("restart", "cart", "--yes"),
    ("get", "nothing-such"),
)


def test_no_command_writes_one(planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    config = planted.kubeconfig("token", token=SECRETS["token"])
    codes = {arguments: run("--kubeconfig", config, "-n", "shop", *arguments) for arguments in COMMANDS}
    # What a person types is repeated to that person, and kept without it.
    Run(Found(), run.capsys)(
        *("--kubeconfig", config, "-n", "shop", "restart", "web", "--yes"),
        *("--change-cause", f"because token={SECRETS['change-cause']}"),
    )
    for name, text in files_of(home):
        run.found.keep(name, text)
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    assert f"because token={MASK}" in run.found.texts["state/ktui/audit.jsonl"]
    assert sum(code == 0 for code in codes.values()) > len(COMMANDS) // 2, run.found.texts
    assert "audit.jsonl" in " ".join(run.found.texts)
    assert "report.xml" in run.found.texts
    masked = [where for where, text in run.found.texts.items() if MASK in text]
    assert len(masked) >= 5, masked


def test_no_login_is_seen_whether_it_works_or_not(
    planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {}
    for name, (config, environment) in credentials(planted, home).items():
        with monkeypatch.context() as around:
            for variable, value in environment.items():
                around.setenv(variable, value)
            run.found.texts[name] = ""
            codes[name] = run("--kubeconfig", config, "get")
            run.found.keep(name, run.found.texts.pop("--kubeconfig get", "").replace("--kubeconfig", ""))
    for name, text in files_of(home):
        if name not in SOURCES:
            run.found.keep(name, text)
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    worked = [name for name, code in codes.items() if code == 0]
    assert worked == ["token", "basic", "file", "plugin", "proxy"], run.found.texts
    assert set(codes.values()) == {0, 1}


# What is left of a crash


SITES: Final[tuple[tuple[type, str], ...]] = (
    *((Credentials, name) for name in ("identity", "_usable", "_read_again", "_renewed", "_run_plugin", "_build")),
    *((Connection, name) for name in ("request", "_accepted", "_pool", "stream")),
    *((Exchange, name) for name in ("translated", "body")),
    *((Kubeconfig, name) for name in ("target",)),
    *(
        (Store, name)
        for name in ("apply", "_put", "_owner", "_touch", "workloads", "_last_version", "pods", "_siblings")
    ),
    *((Live, name) for name in ("apply", "_begin")),
)
"""What is called when a cluster is asked and its objects are taken in, with a secret near."""


def test_no_crash_tells_one(planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config, crashes = credentials(planted, home)["plugin"][0], 0
    for cls, name in SITES:

        def fails(self: object, *given: object, **named: object) -> None:
            secret = SECRETS["token"]
            raise RuntimeError(f"Authorization: Bearer {secret}", vars(self), given, named)

        with monkeypatch.context() as around:
            around.setattr(cls, name, fails)
            crashes += run("--kubeconfig", config, "get") == BUG
    for name, text in files_of(home):
        if name not in SOURCES:
            run.found.keep(name, text)
    log = run.found.texts["state/ktui/crash.log"]
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    assert (crashes, log.count("Traceback (most")) == (20, 20)

"""The wheel, as it is installed: what is in it, and that the demo runs from it in a terminal and leaves that clean."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import termios
import time
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pexpect
import pyte
import pytest

ROOT = Path(__file__).parents[1]
COLUMNS, LINES = 120, 36


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout with the hatchling that the development environment has."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment that has the wheel.

    Its dependencies are those of the development environment, by a path file: that is fast, needs no network, and
    does not bring the editable ktui along, because the path files of a folder that is added so are not read.
    """
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    answer = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (Path(answer.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def _environment(installed: Path, home: Path) -> dict[str, str]:
    """What a person has who knows nothing of this checkout: no kubeconfig, and a home of their own."""
    path = os.pathsep.join([str(installed), os.defpath])
    return {"PATH": path, "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def test_the_wheel_holds_the_styles_the_scenarios_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, pattern, inside in (
        ("styles", "*.tcss", "ktui/styles"),
        ("ktui/sim/scenarios", "*.yaml", "ktui/sim/scenarios"),
    ):
        sources = [file.name for file in (ROOT / folder).glob(pattern)]
        assert sources
        assert {f"{inside}/{name}" for name in sources} <= names
    assert "ktui/py.typed" in names
    tops = {name.split("/")[0] for name in names}
    about = f"ktui_rollouts-{version('ktui-rollouts')}"
    assert tops == {"ktui", f"{about}.dist-info", f"{about}.data"}
    assert f"{about}.data/data/share/man/man1/ktui.1" in names


def test_whatever_ktui_imports_is_among_its_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {_normal(re.split(r"[^A-Za-z0-9_.-]", requirement)[0]) for requirement in project["dependencies"]}
    providers = packages_distributions()
    for file in (ROOT / "ktui").rglob("*.py"):
        for package in _imported_packages(file) - set(sys.stdlib_module_names) - {"ktui"}:
            assert {_normal(name) for name in providers[package]} & named, f"{file} imports {package}"


def _normal(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported_packages(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("command", ["ktui", "kubectl-ktui"])
def test_both_commands_tell_their_version(installed: Path, tmp_path: Path, command: str) -> None:
    answer = subprocess.run(
        [str(installed / command), "--version"],
        capture_output=True, text=True, check=True, env=_environment(installed, tmp_path), cwd=tmp_path,
    )  # fmt: skip
    assert answer.stdout.strip().endswith(version("ktui-rollouts"))
    assert not answer.stderr


def test_kubectl_finds_its_plugin(installed: Path, tmp_path: Path) -> None:
    kubectl = Path(sys.executable).parent / "kubectl"
    answer = subprocess.run(
        [str(kubectl), "ktui", "--version"],
        capture_output=True, text=True, check=True, env=_environment(installed, tmp_path), cwd=tmp_path,
    )  # fmt: skip
    assert answer.stdout.strip().endswith(version("ktui-rollouts"))


def test_uv_installs_both_commands(wheel: Path, tmp_path: Path) -> None:
    """As a person does it, with an environment of its own and the dependencies from the package index."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv is None:
        pytest.skip("there is no uv here")
    folders = {
        "UV_TOOL_DIR": tmp_path / "tools",
        "UV_TOOL_BIN_DIR": tmp_path / "bin",
        "UV_CACHE_DIR": tmp_path / "cache",
    }
    environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
    subprocess.run([uv, "tool", "install", "--quiet", str(wheel)], check=True, capture_output=True, env=environment)
    for command in ("ktui", "kubectl-ktui"):
        answer = subprocess.run(
            [str(tmp_path / "bin" / command), "--version"],
            capture_output=True, text=True, check=True, env=_environment(tmp_path / "bin", tmp_path), cwd=tmp_path,
        )  # fmt: skip
        assert answer.stdout.strip().endswith(version("ktui-rollouts"))


class _Person:
    """Someone at a terminal in which a command runs."""

    def __init__(self, command: Path, *arguments: str, environment: dict[str, str], folder: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.output = b""
        self._stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            str(command), list(arguments), env=environment, cwd=str(folder), dimensions=(LINES, COLUMNS)
        )

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def sees(self, holds: Callable[[str], bool], what: str) -> None:
        """Wait until something is on the screen."""
        end = time.monotonic() + 45
        while not holds(self.text):
            assert time.monotonic() < end, f"never saw {what}:\n{self.text}"
            self._read()

    def sees_the_end(self) -> None:
        """Wait until the command has ended, and read what it still had to say."""
        end = time.monotonic() + 45
        while self._read():
            assert time.monotonic() < end, f"it did not end:\n{self.text}"
        self.child.wait()

    def _read(self) -> bool:
        try:
            read = self.child.read_nonblocking(65536, timeout=1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.output += read
        self._stream.feed(read)
        return True

    @property
    def settings(self) -> tuple[bool, bool]:
        """Whether the terminal echoes what is typed, and hands it on line by line, as a shell wants it."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(flags & termios.ECHO), bool(flags & termios.ICANON)

    def last(self, on: bytes, off: bytes) -> bytes:
        """Which of two sequences came last."""
        return max(on, off, key=self.output.rfind)


def test_the_demo_runs_from_the_wheel_and_leaves_the_terminal_clean(installed: Path, tmp_path: Path) -> None:
    environment = _environment(installed, tmp_path)
    person = _Person(installed / "ktui", "demo", environment=environment, folder=tmp_path)
    try:
        before = person.settings
        person.sees(lambda text: "rollouts" in text and "complete" in text and "q quit" in text, "the rollouts")
        assert person.last(b"\x1b[?1049h", b"\x1b[?1049l") == b"\x1b[?1049h"
        person.child.send("q")
        person.sees_the_end()
        assert person.child.exitstatus == 0, person.text
        # The alternate screen is left, the cursor is shown, the mouse and pasted text are the terminal's own again.
        assert person.last(b"\x1b[?1049h", b"\x1b[?1049l") == b"\x1b[?1049l"
        assert person.last(b"\x1b[?25l", b"\x1b[?25h") == b"\x1b[?25h"
        assert person.last(b"\x1b[?1003h", b"\x1b[?1003l") == b"\x1b[?1003l"
        assert person.last(b"\x1b[?2004h", b"\x1b[?2004l") == b"\x1b[?2004l"
        assert person.settings == before == (True, True)
        after = person.output.rpartition(b"\x1b[?1049l")[2]
        assert not re.sub(rb"\x1b\[[?0-9;<]*[a-zA-Z]", b"", after).strip(), "something was printed after the end"
    finally:
        person.child.close(force=True)

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screenshots import FOLDER, SHOTS


@pytest.mark.timeout(240)
def test_the_pictures_show_what_the_program_shows_now(tmp_path: Path) -> None:
    """`make screenshots` draws them again."""
    script = f"from pathlib import Path; from tests.screenshots import draw; draw(Path({str(tmp_path)!r}))"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=FOLDER.parent, env=environment, timeout=200)
    outdated = [name for name in SHOTS if (tmp_path / f"{name}.svg").read_text() != _committed(name)]
    assert outdated == []


def _committed(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")

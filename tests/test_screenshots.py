from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import SHOTS
from tests.screenshots import ANIMATION, FOLDER, pictures

# Of the gallery, each screen once, and among them each kind of terminal: the others are drawn by the same commands.
DRAWN = (
    *SHOTS,
    "gallery-overview-ascii",
    "gallery-detail-80x24",
    "gallery-pod-light",
    "gallery-help-80x24",
    "gallery-question-no-color",
)


@pytest.mark.timeout(600)
def test_the_pictures_show_what_the_program_shows_now(tmp_path: Path) -> None:
    """`make screenshots` draws them again."""
    script = f"from pathlib import Path; from tests.screenshots import draw; draw(Path({str(tmp_path)!r}), {DRAWN!r})"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=FOLDER.parent, env=environment, timeout=580)
    outdated = [name for name in DRAWN if (tmp_path / f"{name}.svg").read_text() != _committed(name)]
    assert outdated == []


def test_an_animation_is_small_and_needs_nothing_but_itself() -> None:
    text = _committed(ANIMATION)
    assert len(text) < 600_000
    assert "@keyframes" in text
    # Its frames depend on this machine's speed, so they are not compared; what a person reads in it is.
    shown = re.sub(r"<[^>]+>|&#160;", " ", text)
    words = re.sub(r"\s+", " ", shown)
    for said in ("Set the image of shop/catalog to", "catalog:1.20.0", "y yes n no", "✔ complete"):
        assert said in words, said
    assert not re.search(r"<script|<foreignObject|@import|@font-face|url\(|href=\"(?!#)", text)


def test_no_picture_shows_where_it_was_drawn() -> None:
    for name in pictures():
        assert not re.search(r"/tmp/|/root|/home/|/work/|kubeconfig=", _committed(name)), name


def _committed(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")

"""The dashboard on a terminal whose encoding lacks its signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import Terminal


@pytest.mark.timeout(120)
def test_each_sign_is_one_of_ascii_in_its_place(tmp_path: Path) -> None:
    latin = {"PYTHONIOENCODING": "latin-1"}
    with Terminal.python("-m", "ktui", "demo", home=tmp_path, columns=100, environment=latin) as terminal:
        terminal.sees("* live", "X failed", "checkout")
        assert "\\u" not in terminal.text
        terminal.press("q")
        assert terminal.ends() == 0

"""`ktui --profile-start FILE`, for a start that is slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktui.cli.root import main
from ktui.start_profile import LAST, table
from tests.tui.conftest import Stage
from tests.tui.test_ending import is_live, ktui, living

__all__ = ["living"]


def test_each_phase_has_its_time_since_the_start_and_since_the_one_before() -> None:
    assert table({"Python runs": 10.050, "the first frame is drawn": 10.600}, 10.0) == (
        "     ms    took  reached\n     50      50  Python runs\n    600     550  the first frame is drawn\n"
    )


def test_the_phases_of_a_start_are_written_in_their_order(living: Stage, tmp_path: Path) -> None:
    file = tmp_path / "start.txt"
    with ktui(living, tmp_path, "--profile-start", str(file)) as terminal:
        is_live(terminal)
        terminal.press("q")
        assert terminal.ends() == 0
    heading, *rows = file.read_text().splitlines()
    assert heading.split() == ["ms", "took", "reached"]
    times, phases = [int(row.split()[0]) for row in rows], [row[17:] for row in rows]
    assert times == sorted(times)
    assert phases[0] == "Python runs"
    assert phases.index("the first frame is drawn") < phases.index("the first rollouts are shown")
    assert phases[-1] == LAST


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile-start", str(tmp_path / "none" / "start.txt")]) == 2
    assert "start.txt cannot be written: No such file or directory." in capsys.readouterr().err

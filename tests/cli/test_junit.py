"""A JUnit report of whatever a cluster may say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.cli.report_file import write_whole
from ktui.cli.status.junit import Report, Trouble, junit
from ktui.live.inspection import inert
from tests.cli.junit import trouble_of, valid_report

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@given(message=TEXT, text=TEXT, said=TEXT, is_error=st.booleans())
def test_any_text_makes_a_valid_report(folder: Path, message: str, text: str, said: str, is_error: bool) -> None:
    trouble = Trouble("failed", message, text, is_error)
    write_whole(folder / "r.xml", junit(Report("shop", "cart", NOW, 1.5, trouble, said, (("image", text),))))
    found = trouble_of(valid_report(folder / "r.xml"))
    assert found is not None
    assert found[0] == ("error" if is_error else "failure")


def test_a_report_that_cannot_be_replaced_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "r.xml").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "r.xml", b"<testsuites/>")
    assert [each.name for each in tmp_path.iterdir()] == ["r.xml"]


@pytest.mark.parametrize("command", ["##[add-path]/tmp", "x ##vso[task.setvariable]y", "###[group]"])
def test_no_line_of_a_log_is_an_order_to_a_runner(command: str) -> None:
    assert "##[" not in inert(command)
    assert "##vso[" not in inert(command)

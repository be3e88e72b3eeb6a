"""A web address on a screen is a link to what it says, and nothing else is one."""

from __future__ import annotations

import pytest
from rich.style import Style

from ktui.tui.draw.widgets import linked


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("built by https://ci.example/job/7, as usual", ["https://ci.example/job/7"]),
        ("http://a.example/x?y=1#z.", ["http://a.example/x?y=1#z"]),
        ("(https://a.example) https://b.example/", ["https://a.example", "https://b.example/"]),
        ("cut: https://ci.example/jo…", []),
        ("javascript://x file:///etc/passwd ftp://a ://", []),
        ("https://exämple.org/", []),
        ("no address", []),
    ],
)
def test_what_is_a_link(text: str, links: list[str]) -> None:
    segments = linked(text, Style(bold=True))
    assert "".join(segment.text for segment in segments) == text
    assert [segment.style.link for segment in segments if segment.style and segment.style.link] == links
    assert [segment.text for segment in segments if segment.style and segment.style.link] == links
    assert all(segment.style is not None and segment.style.bold for segment in segments)

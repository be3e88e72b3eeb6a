"""What the header says of the link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ktui.model.changes import Link, LinkState
from ktui.model.resources import PODS
from ktui.tui.draw.chrome import link_state

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "shows", "said"),
    [
        (LinkState.CONNECTING, False, "○ connecting"),
        (LinkState.LIVE, True, "● live"),
        (LinkState.LISTED, True, "◐ listed 15s ago"),
        (LinkState.SILENT, True, "▲ no answer for 15s"),
        (LinkState.RECONNECTING, True, "▲ stale by 15s, reconnecting"),
        (LinkState.REFUSED, True, "✖ refused, stale by 15s"),
        (LinkState.REFUSED, False, "✖ refused"),
    ],
)
def test_how_old_what_is_shown_is_stands_beside_the_state(state: LinkState, shows: bool, said: str) -> None:
    link = Link(PODS, state, NOW - timedelta(seconds=15))
    assert "".join(span.text for span in link_state(link, NOW, failed=False, shows=shows)) == said

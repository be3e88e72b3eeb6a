"""Numbers in objects that are larger than Python's dates and lengths: a grace period may have 64 bits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ktui.model.times import before, span


@pytest.mark.parametrize(("seconds", "length"), [(30, 30), (-5, 0), (2**63 - 1, 2**31 - 1), (10**30, 2**31 - 1)])
def test_a_length_has_an_end(seconds: int, length: int) -> None:
    assert span(seconds) == timedelta(seconds=length)


def test_no_time_lies_before_the_first() -> None:
    early = datetime(1, 1, 2, tzinfo=UTC)
    assert before(early, timedelta(hours=1)) == early - timedelta(hours=1)
    assert before(early, timedelta(days=9)) == datetime.min.replace(tzinfo=UTC)

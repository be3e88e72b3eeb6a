"""How long each cause is granted: complete, and fit to be read on a screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ktui.rollout.diagnosis.cause import Cause, Kind, Reason
from ktui.rollout.diagnosis.patience import PATIENCE_OF, acts_at, is_stalled
from tests.patience import DOCUMENT, document

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

PASSES_BY_ITSELF = (
    Reason.PULL_THROTTLED,
    Reason.REGISTRY_ERROR,
    Reason.REGISTRY_UNREACHABLE,
    Reason.START_TRANSIENT,
    Reason.VOLUME_WAITS,
    Reason.NODE_COMING,
    Reason.ADMISSION_UNREACHABLE,
    Reason.SLOW,
)
NOT_THE_NEW_PODS = (
    Reason.NO_ROOM,
    Reason.NODES_ILL,
    Reason.NODE_LOST,
    Reason.NODE_DISK_FULL,
    Reason.NOT_STOPPING,
    Reason.QUOTA_FULL,
    Reason.REFUSED_AT_NODE,
    Reason.ENDED_BY_CLUSTER,
)


def test_each_reason_has_its_line() -> None:
    assert set(PATIENCE_OF) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_line_that_can_be_read(reason: Reason) -> None:
    granted = PATIENCE_OF[reason]
    assert 0 < len(granted.because) <= 110
    if granted.acts_after is not None:
        assert granted.stalls_after is not None
        assert granted.stalls_after <= granted.acts_after


@pytest.mark.parametrize("reason", [*PASSES_BY_ITSELF, *NOT_THE_NEW_PODS])
def test_nothing_is_taken_back_for_it(reason: Reason) -> None:
    long_ago = NOW - timedelta(days=1)
    assert acts_at(Cause(Kind.POD, "it lasts", blocking=True, reason=reason, since=long_ago)) is None


@pytest.mark.parametrize("reason", PASSES_BY_ITSELF)
def test_what_passes_by_itself_is_not_stalled_at_once(reason: Reason) -> None:
    assert not is_stalled(reason, NOW, NOW)


def test_stalled_from_its_time_on() -> None:
    assert not is_stalled(Reason.NO_ROOM, NOW - timedelta(seconds=59), NOW)
    assert is_stalled(Reason.NO_ROOM, NOW - timedelta(seconds=60), NOW)
    assert not is_stalled(Reason.NO_ROOM, None, NOW)
    assert is_stalled(Reason.CONFIG_MISSING, None, NOW)
    assert not is_stalled(Reason.SLOW, NOW - timedelta(days=1), NOW)


def test_it_acts_only_on_what_has_a_beginning() -> None:
    crash = Cause(Kind.CRASH, "2 of 2 new pods crash", blocking=True, reason=Reason.CRASHES)
    assert acts_at(crash) is None
    since = Cause(Kind.CRASH, "2 of 2 new pods crash", blocking=True, reason=Reason.CRASHES, since=NOW)
    assert acts_at(since) == NOW + timedelta(minutes=1)


def test_the_document_is_written_from_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()

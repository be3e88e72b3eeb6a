"""What the history of rollouts says of each revision of one workload, for those who want to go back to one."""

from __future__ import annotations

from collections.abc import Iterable

from ktui.figures.record import Outcome, Record
from ktui.rollout.track_record import Account, Standing
from ktui.text import clean


def accounts(records: Iterable[Record]) -> dict[int, Account]:
    """How each revision did, by its number; what was not seen to its end says nothing."""
    found = {}
    for record in records:
        match _standing(record):
            case Standing.UNKNOWN:
                continue
            case Standing.COMPLETE:
                found[record.revision] = Account(Standing.COMPLETE, record.finished, took=record.took)
            case standing:
                at = record.failed or record.troubled or record.finished
                found[record.revision] = Account(standing, at, clean(record.sentence))
    return found


def _standing(record: Record) -> Standing:
    """A rollout that a newer one replaced has failed only if something was wrong with it."""
    match record.outcome:
        case Outcome.COMPLETE | Outcome.LATE:
            return Standing.COMPLETE
        case Outcome.FAILED:
            return Standing.FAILED
        case Outcome.ROLLED_BACK:
            return Standing.FAILED if record.troubled is not None else Standing.ABANDONED
        case Outcome.REPLACED if record.troubled is not None:
            return Standing.FAILED
        case _:
            return Standing.UNKNOWN

"""What Flagger reports in its events, in words.

All of them have the reason `Synced`; the text alone tells what happened (pkg/controller/scheduler*.go of
fluxcd/flagger). The recorder of events lets some of them go, so nothing is missing where one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.model.reading import ordinal
from ktui.rollout.diagnosis.expressions import Expression


class Sort(StrEnum):
    """What an event is about."""

    CHECK = "check"
    """A check failed: it counts."""
    MEASURE = "measure"
    """A check could not be made: it counts as well."""
    GATE = "gate"
    """A gate is shut: it does not count."""
    PASSED = "passed"
    """A hook let it pass."""
    WAITS = "waits"
    """One of the two sides is not ready."""
    ROLLBACK = "rollback"
    """It goes back, or has: what comes before tells why."""
    BROKEN = "broken"
    """The primary did not get ready with what was promoted."""
    MOVED = "moved"
    """It went on."""
    NOTE = "note"
    OTHER = "other"
    """Text that is not known: of a warning it may be anything that keeps the controller from going on."""


class Report(NamedTuple):
    """One event."""

    sort: Sort
    words: str
    at: datetime | None
    since: datetime | None
    is_warning: bool
    whole: str
    """The text as it was written."""
    times: int = 1
    name: str = ""
    """The hook or the metric that it is about."""


_COMBINED: Final = "(combined from similar events): "
_LONGEST: Final = 2000
"""Characters of a text that are looked at."""

_TEXTS: Final = (
    (Sort.GATE, r"Halt \S+ advancement waiting for traffic increase approval (?P<name>.+)", "{name} is shut"),
    (Sort.GATE, r"Halt \S+ advancement waiting for promotion approval (?P<name>.+)", "{name} is shut"),
    (Sort.GATE, r"Halt \S+ advancement waiting for approval (?P<name>.+)", "{name} is shut"),
    (
        Sort.CHECK,
        r"Halt \S+ advancement pre-rollout check (?P<name>.+?) failed (?P<why>.*)",
        "the pre-rollout hook {name} failed: {why}",
    ),
    (
        Sort.CHECK,
        r"Halt \S+ advancement external check (?P<name>.+?) failed (?P<why>.*)",
        "the rollout hook {name} failed: {why}",
    ),
    (
        Sort.CHECK,
        r"Halt \S+ advancement (?P<name>success rate) (?P<value>\S+)% (?P<than>[<>]) (?P<limit>\S+)%",
        "{name} {value}% {than} {limit}%",
    ),
    (
        Sort.CHECK,
        r"Halt \S+ advancement (?P<name>.+?) (?P<value>\S+) (?P<than>[<>]) (?P<limit>\S+)",
        "{name} {value} {than} {limit}",
    ),
    (
        Sort.MEASURE,
        r"Halt advancement no values found for (?:custom metric: (?P<name>[^:]+)|metric: (?P<other>[^:]+)|"
        r"\S+ metric (?P<third>\S+)).*",
        "no values for the metric {name}",
    ),
    (Sort.MEASURE, r"(?P<why>(?:Prometheus|Metric) query failed.*)", "{why}"),
    (Sort.MEASURE, r"(?P<why>Metric template .*error: .*)", "{why}"),
    (Sort.MEASURE, r"(?P<why>Error building Prometheus client .*)", "{why}"),
    (Sort.BROKEN, r"Promotion of \S+ failed, primary not ready: (?:\S+ not ready: )?(?P<why>.*)", "{why}"),
    (
        Sort.ROLLBACK,
        r"Rolling back \S+ failed checks threshold reached (?P<value>\d+)",
        "rolled back: {value} failed checks",
    ),
    (
        Sort.ROLLBACK,
        r"Rolling back \S+ progress deadline exceeded (?P<why>.*)",
        "rolled back: its deadline passed",
    ),
    (Sort.ROLLBACK, r"Rolling back \S+ manual webhook invoked", "rolled back: a rollback hook requested it"),
    (Sort.ROLLBACK, r"Rollback check (?P<name>.+) passed", "the rollback hook {name} requested it"),
    (Sort.ROLLBACK, r"Canary failed! Scaling down .*", "rolled back: the canary is scaled to 0"),
    (Sort.WAITS, r"canary (?:deployment|damonset) .+? not ready(?: with retryable \w+)?: (?P<why>.*)", "{why}"),
    (Sort.WAITS, r"(?:primary daemonset )?(?P<name>\S+) not ready: (?P<why>.*)", "{name}: {why}"),
    (Sort.MOVED, r"New revision detected! Scaling up .*", "new revision: the canary is started"),
    (Sort.MOVED, r"New revision detected! Restarting analysis .*", "another revision: the analysis begins again"),
    (Sort.MOVED, r"Starting canary analysis .*", "the analysis begins"),
    (Sort.MOVED, r"Advance \S+ canary weight (?P<value>\d+)", "{value}% of the traffic to the canary"),
    (Sort.MOVED, r"Advance \S+ primary weight (?P<value>\d+)", "{value}% of the traffic to the primary"),
    (Sort.MOVED, r"Advance \S+ canary iteration (?P<value>\d+/\d+)", "iteration {value}"),
    (Sort.MOVED, r"Copying .* template spec to .*", "promoted: the primary gets the new template"),
    (Sort.MOVED, r"Routing all traffic to (?P<name>primary|canary)", "all traffic to the {name}"),
    (
        Sort.MOVED,
        r"Stop traffic mirroring and route all traffic to canary",
        "mirroring ends: all traffic to the canary",
    ),
    (
        Sort.MOVED,
        r"Promotion completed! Canary analysis was skipped .*",
        "promoted in full, without an analysis",
    ),
    (Sort.MOVED, r"Promotion completed! .*", "promoted in full: the canary is scaled to 0"),
    (Sort.MOVED, r"Initialization done! .*", "initialized"),
    (Sort.MOVED, r"Terminat(?:ing|ed) canary .*", "the Canary is being deleted"),
    (Sort.PASSED, r"(?P<kind>Confirm-\S+|Pre-rollout|Post-rollout) check (?P<name>.+) passed", "{name} is open"),
    (Sort.NOTE, r"Rollback hook (?P<name>.+) not signaling a rollback", "the rollback hook {name} does not ask"),
    (
        Sort.NOTE,
        r"Post-rollout hook (?P<name>.+?) failed (?P<why>.*)",
        "the post-rollout hook {name} failed: {why}",
    ),
    (Sort.NOTE, r"all the metrics providers are available!", "the providers of its metrics answer"),
    (Sort.NOTE, r"skipping canary run as object is suspended", "suspended: nothing is done"),
    (
        Sort.NOTE,
        r"(?:Progressive traffic|A/B testing) is not supported when using the kubernetes provider",
        "without a router there is no share of the traffic",
    ),
    (Sort.NOTE, r"Setting canaryAnalysis.iterations: (?P<value>\d+)", "{value} iterations"),
)


_KNOWN: Final = tuple((sort, Expression(pattern, re.DOTALL), words) for sort, pattern, words in _TEXTS)


def report(event: Event) -> Report:
    """One event in words; text that is not known is passed on."""
    text = event.message[:_LONGEST].removeprefix(_COMBINED)
    sort, words, name = Sort.OTHER, text, ""
    for known, pattern, shape in _KNOWN:
        found = pattern.fullmatch(text)
        if found is not None:
            parts = found.groupdict(default="")
            name = parts.get("name") or parts.get("other") or parts.get("third") or ""
            sort, words = known, shape.format_map({**parts, "name": name}).removesuffix(": ")
            break
    since = event.first_seen if event.times > 1 and not event.message.startswith(_COMBINED) else event.last_seen
    return Report(sort, words, event.last_seen, since, event.type == "Warning", text, event.times, name)


def newest_first(events: Iterable[Event]) -> tuple[Report, ...]:
    """All reports, the newest first; of the same second, that which was written last."""
    dated = [(each.last_seen, ordinal(each.metadata.resource_version), each) for each in events if each.last_seen]
    return tuple(report(each) for _, _, each in sorted(dated, key=lambda known: known[:2], reverse=True))

"""Figures as people read them, for a screen and for a terminal alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Final

from ktui import signs
from ktui.figures.bars import bars, gathered
from ktui.figures.record import Outcome, Record, Sight
from ktui.figures.statistics import SHORT, Figures, Lengths, Service
from ktui.model.reference import read_reference
from ktui.text import count, duration
from ktui.text import percent as in_percent

_MOST_BARS: Final = 31
_COUNTED: Final = (Outcome.COMPLETE, Outcome.LATE, Outcome.FAILED, Outcome.ROLLED_BACK)
_SIGHTS: Final = {
    Sight.WATCHED: "",
    Sight.JOINED: "it was already running when ktui started",
    Sight.INFERRED: "ktui did not see it: it was inferred from the cluster later",
}


def summary(of: Figures, since: datetime, until: datetime) -> list[tuple[str, str]]:
    """What to say of a period, a line each: what it is about, and the figures, always with how many they are of."""
    return [
        ("changes", _changes(of, since, until)),
        ("success", success(of)),
        ("duration", _durations(of)),
        ("to recover", _recoveries(of)),
        ("availability", _breaches(of)),
        ("rollbacks", str(of.rollbacks)),
        ("causes", " · ".join(f"{each.cause} {each.count}" for each in of.troubles[:5]) or "nothing"),
    ]


def name(of: Service | Record, *, with_namespace: bool = True) -> str:
    """`shop/cart`, `shop/sts/db`: a Deployment by its name alone."""
    known = read_reference(f"{of.kind}/{of.name}")
    short = known.short if known is not None else of.name
    return f"{of.namespace}/{short}" if with_namespace else short


def length(since: datetime, until: datetime) -> str:
    """How long a period is: `7 days`, `24 hours`, `30 minutes`."""
    whole = until - since
    if whole < timedelta(hours=1):
        return count(max(1, round(whole / timedelta(minutes=1))), "minute")
    if whole <= SHORT:
        return count(round(whole / timedelta(hours=1)), "hour")
    return count(round(whole / timedelta(days=1)), "day")


def success(of: Figures) -> str:
    """The rate, what it is of, and what it is not of."""
    counted = [f"{of.outcomes[each]} {each}" for each in _COUNTED if of.outcomes.get(each)]
    replaced = of.outcomes.get(Outcome.REPLACED, 0)
    fixed = of.failed - sum(of.outcomes.get(each, 0) for each in _COUNTED[1:])
    if fixed:
        counted.append(f"{fixed} replaced with a problem")
    others = [
        f"{replaced - fixed} replaced" if replaced > fixed else "",
        f"{of.outcomes[Outcome.DELETED]} deleted" if of.outcomes.get(Outcome.DELETED) else "",
        f"{of.outcomes[Outcome.OPEN]} with no end seen" if of.outcomes.get(Outcome.OPEN) else "",
    ]
    rest = ", ".join(part for part in others if part)
    text = f"{percent(of.success_rate)} of {of.ended}: {', '.join(counted)}" if of.ended else "no end is known"
    return text + (f" · not counted: {rest}" if rest else "")


def percent(share: float | None) -> str:
    """`86%`, or `-` where there is no data."""
    return in_percent(share) if share is not None else "-"


def seconds(value: float | None) -> str:
    """A length of time, or that there is none."""
    return duration(value) if value is not None else "-"


def stamp(at: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """When: the time of today, else the day with it."""
    if at is None:
        return "-"
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%b %d %H:%M" if now - at < timedelta(days=300) else "%Y-%m-%d")


def images(record: Record) -> str:
    """`cart:4.9 → cart:5.0`, or the one image."""
    if record.from_image and record.from_image != record.image:
        return f"{record.from_image} → {record.image}"
    return record.image


def took(record: Record) -> str:
    """How long it took to its end, and how long it was paused or held besides."""
    text = seconds(record.took)
    return f"{text} +{duration(record.waited)} held" if record.waited >= 1 else text


def low(record: Record) -> str:
    """The fewest pods that were available, of how many; and whether that was too few."""
    if record.lowest is None:
        return "-"
    return f"{record.lowest}/{record.desired}" + (f" !{record.missing}" if record.missing else "")


def outcome(record: Record, *, is_under_way: bool) -> str:
    """How it ended, in a word or a few."""
    if record.outcome is Outcome.OPEN:
        return "running" if is_under_way else "no end seen"
    return record.outcome.value


def story(record: Record) -> str:
    """What else there is to say of it, beside its row."""
    parts = [
        f"revision {record.revision}" + (f" replaced {record.from_revision}" if record.from_revision else ""),
        "rolled back to an earlier revision" if record.is_rollback else "",
        f"by {record.deployed_by}" if record.deployed_by else "",
        f"{record.missing} fewer than the guaranteed minimum were available" if record.missing else "",
        _SIGHTS[record.sight],
    ]
    return " · ".join(part for part in parts if part)


def line(of: Figures, most: int, highest: float = 0.0) -> str:
    """The last durations as bars, on a scale up to `highest` seconds; a single one is compared with nothing."""
    return bars(of.recent[-most:], highest) if len(of.recent) > 1 else ""


def highest(many: Iterable[Figures], most: int) -> float:
    """The longest of the durations that `line` draws of any of these, in seconds: the scale that they share."""
    return max((value for of in many if len(of.recent) > 1 for value in of.recent[-most:]), default=0.0)


def scale(value: float | str) -> str:
    """What a full bar stands for: `(█ = 44s)`; of a number of seconds, or of what is written already."""
    return f"({signs.FULL} = {value if isinstance(value, str) else seconds(value)})"


def recovery(of: Figures) -> str:
    """How long it takes to recover, in a word or two."""
    return "not yet" if of.unrecovered else seconds(of.recoveries.median)


def failures(of: Figures) -> str:
    """`2/9`: how many failed, of those that ended one way or the other."""
    return f"{of.failed}/{of.ended}" if of.ended else "-"


def _changes(of: Figures, since: datetime, until: datetime) -> str:
    text = f"{of.changes} in {length(since, until)}"
    if until - since > SHORT:
        text += f", {of.changes_a_day:.1f} per day"
    steps = gathered([step.changes for step in of.steps], _MOST_BARS)
    drawn = f"   {bars(steps)} {scale(str(max(steps)))}" if any(steps) else ""
    unseen = f"   {of.inferred} not seen by ktui" if of.inferred else ""
    return f"{text}{drawn}{unseen}"


def _durations(of: Figures) -> str:
    still = f" · {of.paused_or_held} that were paused or held left out" if of.paused_or_held else ""
    if not of.durations.count:
        return f"no data yet{still}"
    drawn = line(of, _MOST_BARS)
    return f"{_lengths(of.durations)}{still}" + (f"   {drawn} {scale(highest([of], _MOST_BARS))}" if drawn else "")


def _recoveries(of: Figures) -> str:
    still = f"{of.unrecovered} not recovered yet" if of.unrecovered else ""
    if not of.recoveries.count:
        return still or "no data yet"
    return _lengths(of.recoveries) + (f" · {still}" if still else "")


def _lengths(of: Lengths) -> str:
    if of.count == 1:
        return f"{seconds(of.median)}, once"
    return f"median {seconds(of.median)}, p95 {seconds(of.p95)}, longest {seconds(of.longest)}, of {of.count}"


def _breaches(of: Figures) -> str:
    if not of.watched_lows:
        return "no data yet"
    if not of.breaches:
        return f"never below the guaranteed minimum, of {of.watched_lows} watched"
    worst = of.breaches[0]
    return (
        f"{len(of.breaches)} of {of.watched_lows} watched fell below the guaranteed minimum, the worst "
        f"{name(worst)}: {worst.lowest} of {worst.promised}"
    )

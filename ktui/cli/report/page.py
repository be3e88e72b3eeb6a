"""`ktui report -o html`: one page that needs nothing else, neither a script nor the network.

All text of others passes `plots.text`; sentences also pass `redact`. The page forbids itself to load anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from ktui.cli.report import plots
from ktui.cli.report.document import Report
from ktui.cli.report.plots import Dot, text
from ktui.figures import words
from ktui.figures.record import Outcome, Record
from ktui.figures.statistics import SHORT, Figures, Service, by_service, figures
from ktui.redaction import redact
from ktui.text import count, duration

_MOST_ROWS: Final = 500
_MOST_DOTS: Final = 2000
_SPARKS: Final = 24

_STYLES: Final[dict[Outcome, str]] = {
    Outcome.COMPLETE: "complete",
    Outcome.LATE: "late",
    Outcome.FAILED: "failed",
    Outcome.ROLLED_BACK: "failed",
    Outcome.REPLACED: "other",
    Outcome.DELETED: "other",
    Outcome.OPEN: "other",
}

_CSS: Final = """
:root { color-scheme: light dark; --back: #fff; --card: #f6f8fa; --text: #1f2328; --dim: #59636e; --line: #d1d9e0;
  --complete: #1a7f37; --late: #9a6700; --failed: #cf222e; --other: #6e7781; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --card: #161b22; --text: #e6edf3; --dim: #9198a1;
  --line: #30363d; --complete: #3fb950; --late: #d29922; --failed: #f85149; --other: #8b949e; } }
@media print { :root { color-scheme: light; --back: #fff; --card: #fff; --text: #000; --dim: #444; --line: #bbb;
  --complete: #1a7f37; --late: #9a6700; --failed: #cf222e; --other: #666; }
  figure, tr { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
  body { padding: 0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 76rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .dim, figcaption { color: var(--dim); font-size: .9rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.tile { border: 1px solid var(--line); border-radius: 6px; background: var(--card); padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; } .tile span { color: var(--dim); font-size: .9rem; }
b.complete, td.complete { color: var(--complete); } b.late, td.late { color: var(--late); }
b.failed, td.failed { color: var(--failed); } td.other { color: var(--other); }
figure { margin: 0; } svg { display: block; width: 100%; height: auto; }
svg.spark { width: 7.5rem; height: 18px; } svg text.axis { fill: var(--dim); font: 11px system-ui, sans-serif; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; } svg .grid { stroke: var(--line); }
svg .median { stroke: var(--text); stroke-dasharray: 5 4; } svg .minimum { stroke: var(--dim); stroke-width: 2; }
svg .complete { fill: var(--complete); } svg .late { fill: var(--late); } svg .failed { fill: var(--failed); }
svg .other { fill: var(--other); } svg line.gap { stroke: var(--failed); stroke-width: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-weight: 600; white-space: nowrap; } td.n, th.n { text-align: right; }
@media (max-width: 40rem) { svg text.axis { font-size: 19px; } }
td.nowrap { white-space: nowrap; } td.long { min-width: 14rem; }
@media print { .scroll { overflow: visible; } table { font-size: .65rem; } th, td.nowrap { white-space: normal; }
  td { overflow-wrap: anywhere; } td.nowrap { overflow-wrap: break-word; } td.long { min-width: 0; } }
"""


def report_page(report: Report, zone: tzinfo | None = None) -> str:
    """The report as a page of HTML; times are those of `zone`, None for that of this machine."""
    its = figures(report.rollouts, report.since, report.until, zone)
    services = by_service(report.rollouts, report.since, report.until, zone)
    scope = report.namespace or "all namespaces"
    about = f"{', '.join(report.names)} in {scope}" if report.names else scope
    body = [
        f"<header><h1>Rollouts of {text(report.context)}</h1>",
        f"<p>{text(about)} · {_stamp(report.since, zone)} to {_stamp(report.until, zone)}</p>",
        _watched(report, zone),
        "</header>",
        _tiles(its),
        *([_empty()] if not report.rollouts else _sections(report, its, services, zone)),
        '<p class="dim">Made by <code>ktui report -o html</code>, from the rollouts that ktui recorded on one machine. '
        "The file holds all that is shown: it loads nothing.</p>",
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Rollouts of {text(report.context)}, {text(scope)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _sections(
    report: Report, its: Figures, services: Sequence[tuple[Service, Figures]], zone: tzinfo | None
) -> list[str]:
    since, until = report.since, report.until
    is_hourly = until - since <= SHORT
    steps = [(step.begins, step.changes, step.failures) for step in its.steps]
    per = "hour" if is_hourly else "day"
    lasted = _durations(report.rollouts, zone)
    lows = _lows(report.rollouts, zone)
    return [
        _figure(
            f"Rollouts per {per}",
            plots.columns(steps, zone, is_hourly=is_hourly, says=lambda number: count(number, "rollout")),
            "Red: failed, late or rolled back.",
        ),
        _figure(
            "Durations",
            plots.seconds_over_time(lasted, since, until, zone, median=its.durations.median) if lasted else "",
            "One mark for each complete rollout, without those that were paused or held. Squares completed after their "
            "deadline. The dashed line is the median.",
        ),
        _figure(
            "Capacity",
            plots.shares_over_time(lows, since, until, zone) if lows else "",
            "The fewest available pods while each rollout ran, in percent of the desired pods; squares are below the "
            "guaranteed minimum (the short line). Only rollouts that ktui watched.",
        ),
        _causes(its),
        _services(services, with_namespace=report.namespace is None),
        _timeline(report, zone),
    ]


def _tiles(its: Figures) -> str:
    rate = its.success_rate
    style = "" if rate is None else "failed" if rate < 0.8 else "late" if rate < 0.95 else "complete"
    lows = f"of {its.watched_lows} watched" if its.watched_lows else "none was watched"
    recovery = words.seconds(its.recoveries.median)
    tiles = [
        ("success", words.percent(rate), words.success(its).removeprefix(words.percent(rate)).strip(), style),
        ("changes", str(its.changes), f"{its.changes_a_day:.1f} per day", ""),
        ("duration, median", words.seconds(its.durations.median), f"p95 {words.seconds(its.durations.p95)}", ""),
        ("to recover, median", recovery, f"{its.unrecovered} not yet" if its.unrecovered else "", ""),
        ("below the guaranteed minimum", str(len(its.breaches)), lows, "failed" if its.breaches else ""),
        ("rollbacks", str(its.rollbacks), "", ""),
    ]
    shown = [
        f'<div class="tile"><span>{text(name)}</span><b class="{kind}">{text(value)}</b><span>{text(more)}</span></div>'
        for name, value, more, kind in tiles
    ]
    return f'<div class="tiles">{"".join(shown)}</div>'


def _figure(title: str, drawing: str, caption: str) -> str:
    if not drawing:
        return ""
    return (
        f"<section><h2>{text(title)}</h2><figure>{drawing}<figcaption>{text(caption)}</figcaption></figure></section>"
    )


def _durations(records: Sequence[Record], zone: tzinfo | None) -> list[Dot]:
    return [
        Dot(each.at, each.duration, _STYLES[each.outcome], f"{_named(each, zone)}: {duration(each.duration)}")
        for each in records
        if each.at is not None and each.duration is not None
    ][-_MOST_DOTS:]


def _lows(records: Sequence[Record], zone: tzinfo | None) -> list[Dot]:
    return [
        Dot(
            each.at,
            each.lowest / each.desired,
            "failed" if each.missing else "complete",
            f"{_named(each, zone)}: {words.low(each)}",
            each.promised / each.desired if each.promised is not None else None,
        )
        for each in records
        if each.at is not None and each.lowest is not None and each.desired
    ][-_MOST_DOTS:]


def _named(record: Record, zone: tzinfo | None) -> str:
    at = f"{record.at.astimezone(zone):%b %d %H:%M}" if record.at is not None else "-"
    return f"{words.name(record)} revision {record.revision}, {at}, {record.outcome}"


def _causes(its: Figures) -> str:
    rows = [
        f'<tr><td class="nowrap">{text(each.cause)}</td><td class="n">{each.count}</td>'
        f'<td class="long">{text(redact(each.sentence))}</td></tr>'
        for each in its.troubles
    ]
    return _table("Causes", ("Cause", "#Rollouts", "Last seen as"), rows)


def _services(services: Sequence[tuple[Service, Figures]], *, with_namespace: bool) -> str:
    highest = words.highest((its for _, its in services), _SPARKS)
    rows = []
    for service, its in services:
        style = "failed" if its.failed else ""
        rows.append(
            f'<tr><td class="nowrap">{text(words.name(service, with_namespace=with_namespace))}</td>'
            f'<td class="n">{its.changes}</td><td class="n {style}">{text(words.failures(its))}</td>'
            f'<td class="n">{text(words.seconds(its.durations.median))}</td>'
            f'<td class="n">{text(words.seconds(its.durations.p95))}</td>'
            f'<td class="n">{text(words.recovery(its))}</td><td>{plots.spark(its.recent[-_SPARKS:], highest)}</td></tr>'
        )
    scale = f" (highest {duration(highest)})" if highest else ""
    header = ("Service", "#Changes", "#Failed", "#Median", "#P95", "#Recovery", f"Durations{scale}")
    return _table("Services, worst first", header, rows)


def _timeline(report: Report, zone: tzinfo | None) -> str:
    newest = report.rollouts[::-1][:_MOST_ROWS]
    rows = []
    for each in newest:
        why = redact(each.sentence) or ("rolled back to an earlier revision" if each.is_rollback else "")
        rows.append(
            f'<tr><td class="nowrap">{_stamp(each.at, zone)}</td>'
            f'<td class="nowrap">{text(words.name(each, with_namespace=report.namespace is None))}</td>'
            f'<td class="nowrap {_STYLES[each.outcome]}">{text(words.outcome(each, is_under_way=False))}</td>'
            f'<td class="n">{each.revision}</td><td>{text(words.images(each))}</td>'
            f'<td class="nowrap">{text(words.took(each))}</td><td class="nowrap">{text(words.low(each))}</td>'
            f'<td>{text(each.deployed_by)}</td><td class="long">{text(why)}</td></tr>'
        )
    header = ("Began", "Rollout", "Outcome", "#Revision", "Image", "Took", "Lowest", "By", "Why")
    left = len(report.rollouts) - len(newest)
    note = f'<p class="dim">{text(count(left, "earlier rollout"))} not listed: a shorter --since shows them.</p>'
    return _table("Timeline, newest first", header, rows) + (note if left else "")


def _table(title: str, header: Sequence[str], rows: Sequence[str]) -> str:
    """A table; `#` before the name of a column is one of numbers."""
    if not rows:
        return ""
    heads = [
        f'<th scope="col"{" class=n" if name[0] == "#" else ""}>{text(name.removeprefix("#"))}</th>' for name in header
    ]
    return (
        f'<section><h2>{text(title)}</h2><div class="scroll"><table><thead><tr>{"".join(heads)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _watched(report: Report, zone: tzinfo | None) -> str:
    if report.watched_since is None or report.watched_since <= report.since:
        return ""
    return (
        f'<p class="dim">Watched since {_stamp(report.watched_since, zone)}; earlier rollouts are inferred from the '
        "cluster.</p>"
    )


def _empty() -> str:
    return (
        "<p>No rollout is recorded in this period. ktui records rollouts while it runs: in the dashboard, in "
        "<code>ktui status</code> and <code>ktui get --watch</code>, and in actions with <code>--watch</code>.</p>"
    )


def _stamp(at: datetime | None, zone: tzinfo | None) -> str:
    return text(f"{at.astimezone(zone):%Y-%m-%d %H:%M}") if at is not None else "-"

"""The screen of each view of a rollout. Screens other than the overview are imported when they are opened."""

from __future__ import annotations

from ktui.tui.host import Host
from ktui.tui.messages import OpenLogs, OpenReport, View
from ktui.tui.screen import LiveScreen

# ruff: noqa: PLC0415 - the first frame waits for none of them


def view_of(view: View, uid: str) -> LiveScreen:
    """A view that needs nothing but the rollout's uid."""
    match view:
        case View.DETAIL:
            from ktui.tui.detail.screen import DetailScreen

            return DetailScreen(uid)
        case View.HISTORY:
            from ktui.tui.history.screen import HistoryScreen

            return HistoryScreen(uid)
        case View.TIMELINE:
            from ktui.tui.timeline.screen import TimelineScreen

            return TimelineScreen(uid)
        case View.RESOURCES:
            from ktui.tui.resources.screen import UsageScreen

            return UsageScreen(uid)


def logs_of(wanted: OpenLogs) -> LiveScreen:
    """The logs that are wanted."""
    from ktui.tui.logs.screen import LogsScreen

    return LogsScreen(wanted.uid, wanted.pod, is_old=wanted.is_old)


def report_of(host: Host, wanted: OpenReport) -> LiveScreen | None:
    """The report that is wanted; None if its rollout is gone."""
    from ktui.tui.report.screen import report_screen

    return report_screen(host.live.rollouts, wanted.uid, wanted.only)

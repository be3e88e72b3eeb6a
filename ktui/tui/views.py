"""The screen of each view. Screens other than the overview are imported when they are opened."""

from __future__ import annotations

from collections.abc import Mapping

from ktui.rollout.rollout import Rollout
from ktui.tui.messages import Open, OpenLogs, OpenReport, View
from ktui.tui.screen import LiveScreen

# ruff: noqa: PLC0415 - the first frame waits for none of them

Opening = Open | OpenLogs | OpenReport
"""What wants a screen opened that is made at once."""


def screen_for(wanted: Opening, rollouts: Mapping[str, Rollout]) -> LiveScreen | None:
    """The screen that is wanted; None if its rollout is gone."""
    match wanted:
        case Open():
            return _view_of(wanted.view, wanted.uid)
        case OpenLogs():
            from ktui.tui.logs.screen import LogsScreen

            return LogsScreen(wanted.uid, wanted.pod, is_old=wanted.is_old)
        case OpenReport():
            from ktui.tui.report.screen import report_screen

            return report_screen(rollouts, wanted.uid, wanted.only)


def _view_of(view: View, uid: str) -> LiveScreen:
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
        case View.AUDIT:
            from ktui.tui.audit.screen import AuditScreen

            return AuditScreen(uid)
        case View.RESOURCES:
            from ktui.tui.resources.screen import UsageScreen

            return UsageScreen(uid)

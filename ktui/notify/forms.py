"""An announcement as a document, as the environment of a command, and as a message for a chat. Pure.

All of it leaves this machine, or reaches a program that may be a script: every text is clean, and a chat takes none of
it for a mention, a link or a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ktui.notify.announcement import SIGNS, Announcement, summary
from ktui.redaction import redact_message
from ktui.text import clean

SCHEMA: Final = "ktui.notify/1"
"""Members may be added; if one changes its meaning or goes, the number changes."""

_MOST_LINES: Final = 20
"""Announcements in one message of a chat."""


def document(announcement: Announcement, context: str, now: datetime) -> dict[str, Any]:
    """One announcement, as a command reads it on its standard input."""
    rollout, what = announcement.rollout, announcement.what
    return {
        "schema": SCHEMA,
        "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "context": clean(context),
        "event": what.value,
        "kind": rollout.kind,
        "namespace": clean(rollout.namespace),
        "name": clean(rollout.name),
        "uid": clean(rollout.uid),
        "revision": rollout.revision or None,
        "image": clean(rollout.image),
        "phase": rollout.phase.value,
        "why": _text(announcement.why) or None,
        "seconds": announcement.took,
        "by": clean(rollout.by) or None,
        "sentence": _text(announcement.sentence),
    }


def several(announcements: Sequence[Announcement], context: str, now: datetime) -> dict[str, Any]:
    """What is posted at once."""
    return {
        "schema": SCHEMA,
        "context": clean(context),
        "events": [document(each, context, now) for each in announcements],
    }


def environment(announcement: Announcement, context: str) -> dict[str, str]:
    """The variables that a command finds besides its own."""
    rollout = announcement.rollout
    values = {
        "EVENT": announcement.what.value,
        "CONTEXT": context,
        "KIND": rollout.kind,
        "NAMESPACE": rollout.namespace,
        "NAME": rollout.name,
        "SENTENCE": redact_message(announcement.sentence),
    }
    return {f"KTUI_NOTIFY_{name}": clean(value) for name, value in values.items()}


def posted(form: str, announcements: Sequence[Announcement], context: str, now: datetime) -> dict[str, Any]:
    """The body of a request to a webhook of that form."""
    if form == "json":
        return several(announcements, context, now)
    shown = announcements[:_MOST_LINES]
    lines = [f"{SIGNS[each.what]} {_quoted(form, each.plain)}" for each in shown]
    if len(announcements) > len(shown):
        lines.append(f"… {len(announcements) - len(shown)} more")
    if len(announcements) > 1:
        lines.insert(0, summary(announcements))
    lines.append(f"context {_quoted(form, context)}")
    message: dict[str, Any] = {"text": "\n".join(lines)}
    # Without its own markup, Slack reads only &, < and >, and addresses.
    return message | {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False} if form == "slack" else message


def _text(text: str) -> str:
    return clean(redact_message(text))


def _quoted(form: str, text: str) -> str:
    text = _text(text)
    if form == "slack":
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # In code, Mattermost reads neither mentions nor links.
    return f"`{text.replace('`', chr(0x2019))}`"

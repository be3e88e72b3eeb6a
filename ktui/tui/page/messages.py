"""The page of what ktui said: notes in the corner of the screen go away, and this keeps them."""

from __future__ import annotations

from typing import Final

from ktui.text import clean, local_time
from ktui.tui.host import Host
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page, Section

_STYLES: Final = {"error": "failed", "warning": "warn"}


def messages_page(host: Host) -> PageScreen:
    """What was said since ktui was started, the newest first."""

    def make() -> Page:
        texts = [
            (f"{local_time(said.at):%H:%M:%S}  {clean(said.text)}", _STYLES.get(said.severity, ""))
            for said in reversed(host.messages)
        ]
        return Page("Messages", (Section("THE NEWEST FIRST", tuple(texts) or (("none yet", "dim"),)),))

    return PageScreen(make, host.options.folder)

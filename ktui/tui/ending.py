"""How the dashboard ends: by a key, by a signal, with its terminal, or by a fault of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from textual import events
from textual.driver import Driver
from textual.worker import WorkerFailed

from ktui import signals, signs
from ktui.text import clean
from ktui.tui.door import CleanApp, selected_in


class Unsettled(NamedTuple):
    """An action that is being sent: what, and the command that shows afterwards whether it was applied."""

    title: str
    check: str


@runtime_checkable
class _Outside(Protocol):
    def set_title(self, title: str) -> None: ...

    def notify_desktop(self, text: str, setting: str) -> None: ...


class EndingApp(CleanApp):
    """An app that ends in good order, and says what it leaves behind."""

    crash: Exception | None = None
    """The fault that ended the app, where one did."""
    _parting: Sequence[str] = ()
    """What is to be said once the terminal is the shell's again."""

    def run_to_the_end(self) -> int:
        """Run until it is quit, or a signal ends it; the exit code. Raises whatever ended it otherwise."""
        with signals.handed_to(self.signalled, interrupts=True):
            self.run()
        for sentence in self._parting:
            print("\n".join(map(clean, sentence.split("\n"))), file=sys.stderr)
        if self.crash is not None:
            raise self.crash
        return self.return_code or 0

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """What is being sent at this moment."""
        raise NotImplementedError

    @property
    def watched_over(self) -> tuple[str, ...]:
        """The names of the rollouts that auto-abort is on for."""
        raise NotImplementedError

    # By a key

    async def on_event(self, event: events.Event) -> None:
        """Once the app ends, nothing that is pressed means anything."""
        if self.return_code is None or not isinstance(event, events.InputEvent):
            await super().on_event(event)

    async def action_quit(self) -> None:
        """Quit, and ask before where that leaves something behind."""
        if self.unsettled or self.watched_over:
            self._ask()
        else:
            self.leave()

    def action_interrupt(self) -> None:
        """What Ctrl-C does: copy what is selected, else ask whether to quit; pressed at that question, quit."""
        from ktui.tui.dialogs.leave import LeaveScreen  # noqa: PLC0415 - no first frame has it

        if selected := selected_in(self.focused) or self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.notify("What is selected is on the clipboard, if this terminal allows it.", markup=False)
        elif isinstance(self.screen, LeaveScreen):
            self.leave()
        else:
            self._ask()

    def _ask(self) -> None:
        from ktui.tui.dialogs.leave import LeaveScreen  # noqa: PLC0415 - no first frame has it

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(self.unsettled, self.watched_over), self._answered)

    def _answered(self, says_yes: bool | None) -> None:
        if says_yes:
            self.leave()

    def leave(self) -> None:
        """End now."""
        if self.return_code is None:
            self._part()
            self.exit()

    # By a signal, or with its terminal

    def signalled(self, number: int) -> None:
        """A signal came: end in good order. Called between any two instructions."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.end_by, number)
        else:
            raise signals.Ended(number)

    def end_by(self, number: int) -> None:
        """End because of that signal."""
        if self.return_code is None:
            self._part()
            self.exit(return_code=128 + number)

    def get_driver_class(self) -> type[Driver]:
        """The terminal as ktui has it."""
        from ktui.tui.terminal.driver import Terminal  # noqa: PLC0415 - tests have none

        return Terminal

    def set_terminal_title(self, title: str) -> None:
        """Give the terminal's window or tab a title, if there is a terminal."""
        driver: object = self._driver
        if isinstance(driver, _Outside):
            driver.set_title(signs.in_ascii(title) if self.in_ascii else title)

    def notify_desktop(self, text: str, setting: str) -> None:
        """Show a notification of the desktop, if there is a terminal that can."""
        driver: object = self._driver
        if isinstance(driver, _Outside):
            driver.notify_desktop(signs.in_ascii(text) if self.in_ascii else text, setting)

    # By a fault

    def _handle_exception(self, error: Exception) -> None:
        """End because of a fault. Textual would print it with the values of all variables: secrets are among them."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
            if self._is_said(error):
                return
        if self.crash is None:
            self.crash = error
            self._part()
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def _is_said(self, error: Exception) -> bool:
        """What a server or a kubeconfig does is not a fault of ktui: it is said, and that is all."""
        from ktui.kube.errors import KubeError  # noqa: PLC0415 - no first frame has one

        if not isinstance(error, KubeError):
            return False
        self.notify(f"{error} {error.hint}".strip(), severity="error", timeout=12)
        return True

    def _part(self) -> None:
        """Keep what will not be known."""
        self._parting = [
            f"{title}: the request was being sent when ktui ended; it is not known whether the change was applied.\n"
            f"Check with: {check}"
            for title, check in self.unsettled
        ]

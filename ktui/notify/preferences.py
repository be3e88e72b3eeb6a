"""The table `[notify]` of config.toml: which rollouts are announced, and on which ways. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ktui.notify.announcement import What
from ktui.text import clean

ROLLOUTS: Final = ("none", "started", "followed", "all")
"""The values of `rollouts`: each includes the ones before it."""
DESKTOPS: Final = ("auto", "osc9", "osc777", "both", "off")
"""The values of `desktop`."""
FORMS: Final = ("json", "slack", "mattermost")
"""The values of `form`."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_TIMEOUT: Final = 300.0
"""Seconds; what takes longer is not a notification any more."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[notify.webhook]`. Its address is a secret: the file does not have it, but says where it is."""

    address_file: str = ""
    address_env: str = ""
    form: str = "json"
    timeout: str = "10s"

    @property
    def place(self) -> str:
        """Where its address is."""
        return clean(f"the file {self.address_file}" if self.address_file else f"the variable {self.address_env}")


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[notify]`."""

    rollouts: str = "followed"
    """`started`: what a person started here; `followed`: also what is followed with `w`, or open; `all`; `none`."""
    when: tuple[str, ...] = tuple(map(str, What))
    """What is announced."""
    bell: bool = True
    title: bool = True
    desktop: str = "auto"
    """The sequence of the terminal for a notification of the desktop: `auto` takes what the terminal is known for."""
    command: tuple[str, ...] = ()
    """A program and its arguments, started for each announcement."""
    timeout: str = "10s"
    """How long the program may run."""
    webhook: Webhook | None = None

    def wants(self, what: What) -> bool:
        """Whether that is announced."""
        return what in self.when

    @property
    def lines(self) -> Iterator[str]:
        """What it says, a line each."""
        if self.rollouts == "none":
            yield "No notifications."
            return
        rollouts = {
            "started": "started here",
            "followed": "started here, followed (w), or open",
            "all": "shown",
        }[self.rollouts]
        yield f"Notifications of rollouts that are {rollouts}: when {', '.join(self.when)}."
        ways = ["toast", *(["bell"] if self.bell else []), *(["title"] if self.title else [])]
        yield f"  {', '.join(ways)}; desktop: {self.desktop}"
        if self.command:
            yield f"  command: {clean(self.command[0])} (at most {self.timeout})"
        if self.webhook is not None:
            form, place, timeout = self.webhook.form, self.webhook.place, self.webhook.timeout
            yield f"  webhook: {form}, its address is in {place} (at most {timeout})"


DEFAULTS: Final = Preferences()


def read_preferences(table: Mapping[str, Any], seconds: Callable[[str], float]) -> Preferences:
    """What that table says; `seconds` reads a length of time, or raises ValueError.

    Raises ValueError with one sentence about the first mistake.
    """
    for where, given, struct in (
        ("[notify]", table, Preferences),
        ("[notify.webhook]", table.get("webhook"), Webhook),
    ):
        known = [field.name for field in msgspec.structs.fields(struct)]
        for name in given if isinstance(given, Mapping) else ():
            if name == "address" and struct is Webhook:
                raise ValueError(f"{where}: the address is a secret: put it into a file and name that as address_file")
            if name not in known:
                raise ValueError(f'{where}: there is no key "{clean(name)}"; available: {", ".join(known)}')
    try:
        read = msgspec.convert(table, Preferences)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        raise ValueError(f'[notify]: "{place.rstrip("`")}" does not fit: {what}') from None
    _check(read, seconds)
    return read


def _check(read: Preferences, seconds: Callable[[str], float]) -> None:
    _check_choice("[notify]", "rollouts", read.rollouts, ROLLOUTS)
    _check_choice("[notify]", "desktop", read.desktop, DESKTOPS)
    for what in read.when:
        if what not in tuple(What):
            raise ValueError(f'[notify]: "when" has "{clean(what)}"; available: {", ".join(What)}')
    if read.command and not read.command[0].strip():
        raise ValueError('[notify]: "command" names no program')
    if any("\0" in word for word in read.command):
        raise ValueError('[notify]: "command" has a NUL character')
    _check_time("[notify]", read.timeout, seconds)
    if (webhook := read.webhook) is not None:
        _check_choice("[notify.webhook]", "form", webhook.form, FORMS)
        _check_time("[notify.webhook]", webhook.timeout, seconds)
        if bool(webhook.address_file) is bool(webhook.address_env):
            raise ValueError("[notify.webhook]: give address_file or address_env, one of the two")
        if "://" in webhook.address_file or "\0" in webhook.address_file:
            raise ValueError("[notify.webhook]: address_file is the name of a file, and not the address itself")
        if webhook.address_env and not _VARIABLE.fullmatch(webhook.address_env):
            raise ValueError("[notify.webhook]: address_env is the name of a variable, and not the address itself")


def _check_choice(table: str, key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f'{table}: "{key}" is "{clean(value)}"; available: {", ".join(choices)}')


def _check_time(table: str, text: str, seconds: Callable[[str], float]) -> None:
    try:
        length = seconds(text)
    except ValueError as error:
        raise ValueError(f'{table}: "timeout" is not a length of time: {error}') from None
    if not 0 < length <= _LONGEST_TIMEOUT:
        raise ValueError(f'{table}: "timeout" is {clean(text)}; it is more than 0, and at most {_LONGEST_TIMEOUT:.0f}s')

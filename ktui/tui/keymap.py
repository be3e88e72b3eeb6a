"""What each key means: one thing, on every screen.

The bindings of all screens are made here, so that a key cannot have two meanings. A key that steers the rollout does so
on every screen that shows one, logs and report included; if it cannot act there, it says why.
"""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

MEANINGS: Final[dict[str, str]] = {
    # The rollout
    "space": "pause or resume",
    "p": "promote",
    "b": "roll back",
    "a": "abort",
    "C": "canary, or repair a hold",
    "i": "set image",
    "s": "scale",
    "R": "restart",
    "T": "retry what was aborted",
    "X": "end an analysis",
    "A": "auto-abort, on or off",
    "w": "follow: be notified, or no longer",
    "exclamation_mark": "switch a Service before every pod is available",
    # Where to read
    "enter": "open",
    "escape": "back",
    "h": "history",
    "l": "logs",
    "e": "timeline",
    "E": "audit: who did what",
    "u": "resources: CPU, memory, quota",
    "f": "report",
    "B": "blue-green",
    "M": "messages",
    "n": "namespace",
    "x": "context",
    "r": "ask the cluster again now",
    "colon": "palette",
    "question_mark": "help",
    "q": "quit",
    # What is shown
    "slash": "filter, or search",
    "z": "only what is wrong, or everything",
    "o": "sort",
    "v": "select, or deselect",
    "asterisk": "select all that are shown",
    "c": "copy",
    "y": "YAML, or text",
    "Y": "the whole template, or what changed",
    "t": "times: how long ago, or at what time",
    "tab": "next part of the screen",
    "1": "the last 24 hours",
    "2": "the last 7 days",
    "3": "the last 30 days",
    # Logs
    "F": "follow, or stop following",
    "full_stop": "next match",
    "comma": "previous match",
    "ampersand": "only lines that match",
    "V": "new pods, old pods, or both",
    "O": "one pod, or all",
    "K": "one container, or all",
    "P": "also what was logged before the last restart",
    "W": "wrap",
    "S": "save to a file",
    # Moving
    "down": "down",
    "j": "down",
    "up": "up",
    "k": "up",
    "left": "left",
    "right": "right",
    "pagedown": "page down",
    "ctrl+f": "page down",
    "pageup": "page up",
    "ctrl+b": "page up",
    "g": "first",
    "home": "first",
    "G": "last",
    "end": "last",
    # The program
    "ctrl+c": "copy what is selected, or quit",
    "ctrl+t": "leave the tour",
    "ctrl+z": "to the shell; fg comes back",
}
"""The meaning of each key on the screens and on the pages that are read."""

IDS: Final[dict[str, str]] = {
    "pause": "space",
    "promote": "p",
    "roll_back": "b",
    "abort": "a",
    "canary": "C",
    "set_image": "i",
    "scale": "s",
    "restart": "R",
    "retry": "T",
    "end_analysis": "X",
    "notify": "w",
    "auto_abort": "A",
    "switch_anyway": "exclamation_mark",
    "open": "enter",
    "back": "escape",
    "history": "h",
    "logs": "l",
    "timeline": "e",
    "audit": "E",
    "resources": "u",
    "report": "f",
    "blue_green": "B",
    "messages": "M",
    "namespace": "n",
    "context": "x",
    "refresh": "r",
    "palette": "colon",
    "help": "question_mark",
    "quit": "q",
    "filter": "slash",
    "trouble": "z",
    "sort": "o",
    "select": "v",
    "select_all": "asterisk",
    "copy": "c",
    "yaml": "y",
    "whole_template": "Y",
    "times": "t",
    "next_part": "tab",
    "day": "1",
    "week": "2",
    "month": "3",
    "follow": "F",
    "next_match": "full_stop",
    "previous_match": "comma",
    "only_matches": "ampersand",
    "sides": "V",
    "one_pod": "O",
    "one_container": "K",
    "before_restart": "P",
    "wrap": "W",
    "save": "S",
    "down": "down",
    "up": "up",
    "left": "left",
    "right": "right",
    "page_down": "pagedown",
    "page_up": "pageup",
    "first": "g",
    "last": "G",
}
"""What config.toml calls each meaning that can have own keys, and the key that it always has."""

ANSWERS: Final[dict[str, str]] = {
    "y": "yes",
    "n": "no",
    "q": "no, or close",
    "escape": "no, or close",
    "enter": "take, or close",
    "question_mark": "close",
    "m": "change-cause",
    "c": "copy",
    "up": "up",
    "down": "down",
    "left": "the choice before",
    "right": "the next choice",
    "space": "the next choice",
}
"""The meaning of each key in a question, which takes all keys until it is answered, and to close what is read."""

NAMES: Final[dict[str, str]] = {
    "escape": "esc",
    "slash": "/",
    "question_mark": "?",
    "exclamation_mark": "!",
    "asterisk": "*",
    "ampersand": "&",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
"""How keys are written, if not as Textual names them."""


def bind(keys: str, action: str, *, id: str | None = None, show: bool = True, priority: bool = False) -> Binding:
    """Bind keys of one meaning, separated by commas, to an action of a screen."""
    return Binding(keys, action, _meaning(keys, MEANINGS), id=id, show=show, priority=priority)


def moving(step: str, page: str, *, where: str = "") -> list[Binding]:
    """The keys that go through lines: `step` and `page` are actions that take how many, and back if less than none.

    Their ids begin with `where`; without it they have none, as those of a widget.
    """
    meanings = {
        "down": ("down,j", f"{step}(1)"),
        "up": ("up,k", f"{step}(-1)"),
        "page_down": ("pagedown,ctrl+f", f"{page}(1)"),
        "page_up": ("pageup,ctrl+b", f"{page}(-1)"),
        "first": ("g,home", f"{step}(-1000000)"),
        "last": ("G,end", f"{step}(1000000)"),
    }
    return [
        bind(keys, action, id=f"{where}.{name}" if where else None, show=False)
        for name, (keys, action) in meanings.items()
    ]


def answer(keys: str, action: str, *, priority: bool = False) -> Binding:
    """Bind keys to an answer in a dialog; the first one names it."""
    return Binding(keys, action, _meaning(keys, ANSWERS), show=False, priority=priority)


def _meaning(keys: str, meanings: dict[str, str]) -> str:
    return meanings[keys.partition(",")[0]]


def name(of: str) -> str:
    """How a key is written on the screen."""
    return NAMES.get(of, of)

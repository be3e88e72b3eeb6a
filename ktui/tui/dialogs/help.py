"""The keys and the signs, on one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui.rollout.podstatus import Health
from ktui.rollout.rollout import Phase
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Words
from ktui.tui.draw import glyphs
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Pages, Span, fit, wrap
from ktui.tui.keymap import answer
from ktui.tui.own_keys import shown

if TYPE_CHECKING:
    from ktui.plans.offers import Offer

PAGES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "overview": (
        ("enter", "open the rollout: revisions, pods, causes, events"),
        (
            "/",
            "filter by words in namespace, name, phase, image or cause; the cursor goes to the best match; esc clears",
        ),
        ("z", "only rollouts that are not complete, or everything"),
        (
            "v *",
            "select the rollout; select all that are shown: the next action is for all of them",
        ),
        ("o", "sort: worst first, by name, latest change first, least done first"),
        ("mouse", "a click on a count shows only those, on a heading sorts, on the selected row opens"),
    ),
    "rollout": (
        ("tab", "from the pods to the causes and the events"),
        ("enter", "read what is under the cursor in full"),
        ("y", "the YAML of the pod under the cursor"),
        ("z", "only pods that are not ready, or every pod by name"),
    ),
    "history": (
        ("v", "select a revision to compare others with"),
        ("y", "what changed as fields, or as YAML"),
        ("Y", "the whole template, or what changed"),
        ("b", "roll back to the revision under the cursor"),
    ),
    "timeline": (
        ("t", "how long ago, or at what time"),
        ("z", "warnings only, or everything"),
    ),
    "audit": (
        ("enter", "read it in full, with every field"),
        ("z", "only what did not end well, or everything"),
    ),
    "resources": (("u", "back to the rollout"),),
    "logs": (
        ("F", "stop following, or follow again; the rollout continues"),
        ("V tab", "new pods, old ones or both; from one side to the other"),
        ("O K P", "one pod, one container, also what was logged before the last restart"),
        ("/ . , &", "search, next match, previous match, only lines that match"),
        ("t W S", "times, wrap, save to a file"),
        ("← →", "move lines that are cut sideways"),
    ),
    "blue-green": (
        ("p", "promote: switch the Service to the side that is idle"),
        ("b", "roll back: switch it back"),
        ("!", "switch although the idle side is not fully available, after a second question"),
        ("z tab", "only pods that are not ready, or every pod; the next Service"),
        ("enter", "open the rollout of the side under the cursor"),
    ),
    "report": (
        ("1 2 3", "the last 24 hours, 7 days or 30 days"),
        ("enter", "open the rollout"),
    ),
}
"""The keys of each screen, by the name of the screen."""

EVERYWHERE: Final = (
    ("↑ ↓ j k g G", "move; pgup and pgdn by a page"),
    ("space p b a", "pause or resume, promote, roll back, abort: always the rollout, after a question"),
    ("C i s R T X", "canary, set image, scale, restart, retry, end an analysis"),
    ("h", "history: revisions, what changed in each, rollback to any of them"),
    ("l", "logs of the new pods, and of old ones beside them"),
    ("e", "timeline: what happened, in order, the newest at the end"),
    ("E", "audit: who did what: ktui on this machine, and which tool wrote which field"),
    ("u", "resources: CPU and memory of new and old pods against requests and limits; room in quotas"),
    ("f", "report: how rollouts went, of all or of one"),
    ("A", "auto-abort on or off: roll back if a new pod fails or the deadline passes, while ktui runs"),
    ("w", "follow the rollout: be notified when it completes, fails, stalls, is held or aborted; or no longer"),
    ("B", "blue-green: switch the Service of a pair of Deployments"),
    ("M", "messages: what ktui said, also what is no longer on the screen"),
    ("c", "copy what is shown or under the cursor; in a question, the kubectl command"),
    ("n  x", "another namespace, another context"),
    ("r", "ask the cluster again now"),
    ("ctrl+p  :", "palette: every key by name, rollouts, themes, a picture of the screen"),
    ("?", "this help"),
    ("esc  q", "back, quit"),
)

_PHASES: Final = {
    Phase.FAILED: "the progress deadline has passed: kubectl calls it an error",
    Phase.STALLED: "it has a problem that waiting will not fix",
    Phase.PROGRESSING: "pods are being replaced",
    Phase.HELD: "a canary is held at a number of pods",
    Phase.PAUSED: "nothing rolls out until it is resumed",
    Phase.DELETED: "being deleted",
    Phase.SCALED_TO_ZERO: "no pods are desired",
    Phase.READING: "not all of its pods and revisions have been read yet",
    Phase.COMPLETE: "all pods are of the new revision, and available",
}

_PODS: Final = {
    Health.READY: "ready (in another colour: of an old revision)",
    Health.STARTING: "starting: nothing is wrong yet",
    Health.BROKEN: "broken: crashes, no image, no node",
    Health.STOPPING: "stopping",
    Health.GONE: "gone a moment ago, or ended",
}


_KEY_CELLS: Final = 15


class HelpScreen(Dialog[None]):
    """What can be pressed, what it would do to the rollout in question, and what the signs mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("escape,question_mark,q,enter", "dismiss"),
    ]

    def __init__(self, page: str, title: str, offers: Sequence[Offer], own_keys: Mapping[str, str]) -> None:
        """The keys of that `page` come first; `offers` are the actions on the rollout that is called `title`."""
        super().__init__()
        self._page, self._title, self._offers, self._own_keys = page, title, offers, own_keys

    def compose(self) -> ComposeResult:
        """One scrolling page."""
        with Vertical(classes="dialog -large"):
            yield Words("Keys and signs", classes="dialog-title")
            yield Pages(id="help")
            yield DialogKeys(Hint("↑ ↓", "scroll", ""), Hint("esc", "close", "screen.dismiss"))

    def on_mount(self) -> None:
        """Keys scroll the page."""
        self.query_one(Pages).focus()

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(self._show)

    def on_scroll_room_changed(self) -> None:
        """The scrollbar takes a cell of each line."""
        self._show()

    def _show(self) -> None:
        pages = self.query_one(Pages)
        cells = pages.scrollable_content_region.width
        pages.show(_lines(self._page, self._title, self._offers, self._own_keys, cells))


def _lines(page: str, title: str, offers: Sequence[Offer], own_keys: Mapping[str, str], cells: int) -> list[list[Span]]:
    """What can be done first, then the keys of the screen, then the rest; no line is cut."""
    lines: list[list[Span]] = []

    def add(head: str, rows: Iterable[tuple[Span, Span]]) -> None:
        nonlocal lines
        lines += [*([[]] if lines else []), [Span(head, "head")]]
        for key, text in rows:
            lines += _entry(key, text, cells)

    if offers:
        add(f"ON {title}", map(_offer, offers))
    if page in PAGES:
        add(f"ON THIS SCREEN ({page})", map(_key, PAGES[page]))
    if own_keys:
        add("YOUR OWN KEYS (config.toml)", map(_key, shown(own_keys)))
    add("ON EVERY SCREEN", map(_key, EVERYWHERE))
    for name in (name for name in PAGES if name != page):
        add(f"IN THE {name}", map(_key, PAGES[name]))
    add("PHASES", ((_sign(*glyphs.PHASES[phase]), Span(text)) for phase, text in _PHASES.items()))
    add("PODS", ((_sign(glyph, "", style), Span(_PODS[of])) for of, (glyph, style) in glyphs.PODS.items()))
    bar = (
        (glyphs.NEW_READY, "new", "new pods that are ready"),
        (glyphs.NEW_STARTING, "starting", "new pods that are not ready yet"),
        (glyphs.OLD, "old", "old pods; the bar is as long as desired plus surge"),
    )
    add("THE BAR", ((Span(glyph * 4, style), Span(text)) for glyph, style, text in bar))
    return lines


def _entry(key: Span, text: Span, cells: int) -> list[list[Span]]:
    """A key or a sign with its text beside it, wrapped below itself."""
    parts = wrap(text.text, max(12, cells - _KEY_CELLS), 99)
    keys = (key.text, *("" for _ in parts[1:]))
    return [
        [key._replace(text=fit(shown, _KEY_CELLS)), text._replace(text=part)]
        for shown, part in zip(keys, parts, strict=True)
    ]


def _key(entry: tuple[str, str]) -> tuple[Span, Span]:
    return Span(entry[0], "key"), Span(entry[1])


def _sign(glyph: str, word: str, style: str) -> Span:
    return Span(f"{glyph} {word}", style)


def _offer(offer: Offer) -> tuple[Span, Span]:
    if offer.instead is not None:
        return Span(offer.key, "key"), Span(f"{offer.action}: here the same as {offer.instead}", "dim")
    if offer.open:
        return Span(offer.key, "key"), Span(offer.label)
    return Span(offer.key, "off"), Span(f"{offer.label}: {offer.why_not}", "dim")

"""The columns of the overview: which there are, in which order, and how wide each is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.tui.draw.widgets import Span, fit
from ktui.tui.overview.measures import Measure

_LEAST_WHY: Final = 22
"""The cells that WHY keeps before another column goes."""
_MOST_NAME: Final = 34
_MOST_IMAGE: Final = 40
_LEAST_IMAGE: Final = 12
_USUAL_IMAGE: Final = 26
"""The cells of IMAGE at most, those below which it is left out, and those that come before other columns."""
_SOME_WHY: Final = 34
"""The cells of WHY that come before the revision, and before a longer bar."""
_LEAST_BAR, _USUAL_BAR, _MOST_BAR = 10, 16, 24
GAP: Final = "  "
"""What is between two columns."""

COLUMNS: Final[dict[str, str]] = {
    "namespace": "namespace",
    "rollout": "name",
    "phase": "phase",
    "bar": "bar",
    "new": "share",
    "ready": "ready",
    "rev": "revision",
    "image": "image",
    "for": "since",
    "why": "why",
}
"""The columns by the names that config.toml has for them, in their usual order, and the fields of `Columns`."""


class Columns(NamedTuple):
    """How wide each column is; 0 leaves it out."""

    namespace: int
    name: int
    phase: int
    bar: int
    share: int
    ready: int
    revision: int
    image: int
    since: int
    why: int
    order: tuple[str, ...] = tuple(COLUMNS.values())
    """The fields in the order of the columns."""

    @property
    def sizes(self) -> list[tuple[str, int]]:
        """The columns that are shown, in their order, and how wide they are."""
        return [(field, size) for field in self.order if (size := getattr(self, field))]

    def resized(self, sizes: Mapping[str, int]) -> Columns:
        """The same with other sizes of these columns."""
        changes: dict[str, Any] = {**sizes}
        return self._replace(**changes)


def columns(measures: Iterable[Measure], cells: int, wanted: Sequence[str] = tuple(COLUMNS)) -> Columns:
    """Fit the columns into so many cells: each as wide as its content while there is room.

    NAMESPACE, ROLLOUT, PHASE, READY (it says who serves), a short bar and some of WHY come first. What is left goes,
    in this order, to IMAGE, FOR, NEW, more of WHY, REV, a longer bar, the rest of a long IMAGE, and all of WHY. If it
    is tight, NAMESPACE goes if all are in one, long names are cut, and the bar leaves its room to WHY.

    `wanted` are the columns that a person wants to see, in that order.
    """
    rows = list(measures)
    order = tuple(COLUMNS[name] for name in wanted)
    namespaces = {row.namespace for row in rows}
    counts = max(5, 2 * max((row.digits for row in rows), default=1) + 1)
    why = max((row.why for row in rows), default=0) if "why" in order else 0
    image = min(_MOST_IMAGE, max(5, *(row.image for row in rows))) if rows else 5
    fitted = Columns(
        namespace=min(20, max(9, *(cell_len(name) for name in namespaces))) if rows else 9,
        name=min(_MOST_NAME, max((8, *(row.name for row in rows)))),
        phase=13,
        bar=_LEAST_BAR,
        share=0,
        ready=counts,
        revision=0,
        image=0,
        since=0,
        why=0,
        order=order,
    )
    unwanted = [field for field in COLUMNS.values() if field not in order]
    fitted = fitted.resized(dict.fromkeys(unwanted, 0))
    # Where nothing is wrong, WHY needs no more than its heading.
    least = min(_LEAST_WHY, max(3, why)) if "why" in order else 0
    fitted = _tightened(fitted, cells, least, is_one_namespace=len(namespaces) == 1)
    left = _rest(fitted, cells) - least
    some = max(0, min(_SOME_WHY, why) - least)
    rest = max(0, why - least)
    usual = min(image, _USUAL_IMAGE) if why else image
    for column, size, kept in (("image", usual, 0), ("since", 5, 0), ("share", counts, 0), ("revision", 4, some)):
        if column in unwanted:
            continue
        if left - kept >= size + len(GAP):
            fitted, left = fitted.resized({column: size}), left - size - len(GAP)
        elif column == "image" and left >= _LEAST_IMAGE + len(GAP):
            fitted, left = fitted._replace(image=left - len(GAP)), 0
    for column, size, kept in (
        ("bar", _USUAL_BAR, some),
        ("image", image, some),
        ("bar", _MOST_BAR, rest),
    ):
        before = getattr(fitted, column)
        more = max(0, min(left - kept, size - before)) if before else 0
        fitted, left = fitted.resized({column: before + more}), left - more
    return fitted._replace(why=max(0, _rest(fitted, cells)) if "why" in order else 0)


def _tightened(fitted: Columns, cells: int, why: int, *, is_one_namespace: bool) -> Columns:
    """The columns that are always there, cut where WHY has too little room; READY is left whole in any terminal."""
    shorter = {"namespace": 0} if is_one_namespace else {"namespace": min(fitted.namespace, 10)}
    for smaller in (shorter, {"name": min(fitted.name, 20)}):
        if _rest(fitted, cells) < _LEAST_WHY:
            fitted = fitted.resized(smaller)
    if _rest(fitted, cells) < why:
        fitted = fitted._replace(bar=0)
    for smaller in ({"phase": min(fitted.phase, 1)}, {"namespace": 0}, {"name": min(fitted.name, 8)}):
        if _rest(fitted, cells) < 0:
            fitted = fitted.resized(smaller)
    return fitted


def _rest(fitted: Columns, cells: int) -> int:
    used = [size for _, size in fitted.sizes]
    return cells - 2 - sum(used) - len(GAP) * len(used)


def heading(fitted: Columns) -> list[Span]:
    """The names of the columns."""
    # A click sorts by what the column shows.
    orders = {"ROLLOUT": "name", "PHASE": "worst", "NEW": "progress", "FOR": "newest"}
    right = {"NEW", "READY", "REV", "FOR"}
    names = {field: name.upper() for name, field in COLUMNS.items()} | {"bar": f"NEW {signs.BORDER} OLD"}
    spans = [Span("  ", "head")]
    for field, size in fitted.sizes:
        name = names[field]
        order = orders.get(name.partition(" ")[0], "")
        action = f"screen.sort('{order}')" if order else ""
        # A column for a sign alone has no name.
        shown = fit(name if size > 1 else "", size, right=name in right)
        spans += [Span(shown, "head", action), Span(GAP, "head")]
    return spans[:-1]

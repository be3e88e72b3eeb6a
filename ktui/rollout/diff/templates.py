"""What differs between two pod templates: by field, as lines of YAML, and in words where neither says it well.

Nothing in here is fit to be sent: it is clean, cut and masked, to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import msgspec
import yaml

from ktui.model.objects import LAST_APPLIED, RESTARTED_AT
from ktui.rollout.diff.fields import Change, diff
from ktui.rollout.diff.masking import Masks, Path, element_names, is_named
from ktui.text import clean

Template = dict[str, Any]

_CONTEXT: Final = 3
"""Lines around a difference that are shown with it."""
_MOST_LINES: Final = 5000
_LONGEST_LINE: Final = 1000
_MOST_ELEMENTS: Final = 1000
_LONGEST_TEXT: Final = 20_000
"""What is beyond is not drawn as YAML: an object may be megabytes of anything, and keys have to wait for it."""


class DiffLine(msgspec.Struct, frozen=True):
    """One line of YAML: `sign` is `+`, `-`, a space for what both have, `@` for where the lines below stand."""

    sign: str
    text: str


class TemplateDiff(msgspec.Struct, frozen=True):
    """What differs between two templates by field; nothing at all where it is empty.

    `notes` are sentences: when it was restarted, which lists have another order.
    """

    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    restarted: bool
    """Whether a restart made a template of the second one that the first one was not."""

    @property
    def is_empty(self) -> bool:
        """Whether the two are the same."""
        return not self.notes and not self.changes


def template_diff(before: Template, after: Template) -> TemplateDiff:
    """What makes `after` another template than `before`. Paths are those of a Deployment."""
    left, before_restart = _without_restart(before)
    right, after_restart = _without_restart(after)
    notes = [*_restart_notes(before_restart, after_restart), *_order_notes(("spec", "template"), left, right)]
    return TemplateDiff(
        tuple(notes),
        diff({"spec": {"template": left}}, {"spec": {"template": right}}),
        restarted=after_restart not in ("", before_restart),
    )


def unified(before: Template, after: Template) -> tuple[DiffLine, ...]:
    """The same difference as lines of YAML; what notes tell is not in there."""
    left, right = _without_restart(before)[0], _without_restart(after)[0]
    masks = Masks()
    before_lines = yaml_lines(_tidy(masks.conceal(_in_order_of(right, left))))
    after_lines = yaml_lines(_tidy(masks.conceal(right)))
    return tuple(_unified(before_lines, after_lines))


def presentable(template: Template) -> Template:
    """A whole template as it may be shown: masked, clean, its members in order."""
    shown: Template = _tidy(Masks().conceal(template))
    return shown


# Restarts: a time in an annotation, which says more in words


def _without_restart(template: Template) -> tuple[Template, str]:
    """The template without what a restart leaves in it, and the time of that restart as it is written."""
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if value is not None}
    annotations = dict(metadata.get("annotations") or {})
    restarted = str(annotations.pop(RESTARTED_AT, ""))
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {**template, "metadata": metadata}, clean(restarted)


def _restart_notes(before: str, after: str) -> list[str]:
    if before == after:
        return []
    if not after:
        return [f"without the restart at {before}"]
    return [f"restarted at {after}" + (f", last before that at {before}" if before else "")]


# Order: of lists whose elements have names it seldom matters, but it makes another template


def _order_notes(path: Path, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in (name for name in before if name in after):
            yield from _order_notes((*path, name), before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list) and is_named(before) and is_named(after):
        left, right = _by_name(before), _by_name(after)
        here, there = [name for name in left if name in right], [name for name in right if name in left]
        if here != there:
            order = ", ".join(name.strip("[]") for name in there)
            yield clean(f"{'.'.join(path)} in another order: {order}")
        for name in here:
            yield from _order_notes((*path[:-1], f"{path[-1]}{name}"), left[name], right[name])


def _by_name(elements: list[Any]) -> dict[str, Any]:
    return dict(zip(element_names(elements), elements, strict=True))


def _in_order_of(model: Any, value: Any) -> Any:
    """The value with its named lists in the order that they have in the model; what only it has stays in between."""
    if isinstance(model, dict) and isinstance(value, dict):
        return {name: _in_order_of(model.get(name), member) for name, member in value.items()}
    if not (isinstance(model, list) and isinstance(value, list) and is_named(model) and is_named(value)):
        return value
    models, places = _by_name(model), {name: place for place, name in enumerate(element_names(model))}
    placed: list[tuple[float, Any]] = []
    place = -0.5
    for name, element in _by_name(value).items():
        place = places.get(name, int(place) + 0.5)
        placed.append((place, _in_order_of(models.get(name), element)))
    return [element for _, element in sorted(placed, key=lambda pair: pair[0])]


# YAML


class _Dumper(yaml.SafeDumper):
    """YAML to be read: a text of several lines is a block, and nothing is an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def yaml_lines(value: Any) -> list[str]:
    """What is presentable as lines of YAML; one that is very long is cut."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    lines = [line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…" for line in text.split("\n")[:-1]]
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "…"]


def object_lines(raw: dict[str, Any]) -> list[str]:
    """A whole object as YAML to be read: without what looks secret, and without managedFields."""
    meta = {name: value for name, value in (raw.get("metadata") or {}).items() if name != "managedFields"}
    if isinstance(annotations := meta.get("annotations"), dict):
        meta["annotations"] = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    return yaml_lines(_tidy(Masks().conceal(raw | {"metadata": meta})))


def _tidy(value: Any) -> Any:
    """Members in the order of their names, but what names an element first; texts that no terminal minds."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (name != "name", name))
        return {clean(name): _tidy(value[name]) for name in names}
    if isinstance(value, list):
        return [_tidy(element) for element in value[:_MOST_ELEMENTS]] + (["…"] if len(value) > _MOST_ELEMENTS else [])
    if isinstance(value, str):
        text = value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
        return "\n".join(clean(line.expandtabs()) for line in text.split("\n"))
    return value


def _unified(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffLine]:
    """The lines that differ with some around them, each group of them below the line that says where they stand."""
    for number, group in enumerate(SequenceMatcher(None, before, after).get_grouped_opcodes(_CONTEXT)):
        where = _ancestors(after, group[0][3])
        if where or number:
            yield DiffLine("@", where)
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (DiffLine(" ", line) for line in after[j1:j2])
                continue
            yield from (DiffLine("-", line) for line in before[i1:i2])
            yield from (DiffLine("+", line) for line in after[j1:j2])


def _ancestors(lines: Sequence[str], index: int) -> str:
    """Within what a line stands: `spec › containers › web`."""
    if index >= len(lines):
        return ""
    found: list[str] = []
    depth = _depth(lines[index])
    for line in reversed(lines[:index]):
        if depth == 0:
            break
        if _depth(line) < depth:
            depth = _depth(line)
            found.append(line.strip(" -").removeprefix("name: ").removesuffix(":"))
    return " › ".join(reversed(found))


def _depth(line: str) -> int:
    # An element of a list stands as far to the left as the name of the list does.
    text = line.lstrip(" ")
    return len(line) - len(text) + text.startswith("- ")

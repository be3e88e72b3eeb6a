"""The part of JSON path that CustomResourceDefinitions use: ``.status.phase``, and one item of a list by a field.

As in ``.status.conditions[?(@.type=='Ready')].status``, ``.spec.hosts[0]``, ``.metadata.annotations.a\\.b/c`` and
``.metadata.labels['a\\.b/c']``.
"""

import re
from functools import cache
from typing import Any

_STEP = re.compile(
    r"""\.?(?P<name>(?:[^.\[\\]|\\.)+)
    | \[(?P<index>\d+)\]
    | \['(?P<key>(?:[^'\\]|\\.)+)'\]
    | \[\?\(@\.(?P<field>[^=!\s]+)\s*==\s*["'](?P<value>[^"']*)["']\)\]""",
    re.VERBOSE,
)
Step = tuple[str, str, str]
"""Name, or field and value by which an item is found."""


@cache
def _steps(path: str) -> tuple[Step, ...]:
    steps, at = [], 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"cannot read the JSON path {path}")
        at = found.end()
        name = next((found[part] for part in ("name", "key", "index") if found[part] is not None), "")
        steps.append((re.sub(r"\\(.)", r"\1", name), found["field"] or "", found["value"] or ""))
    return tuple(steps)


def first(obj: Any, path: str) -> Any:
    """What is at a path, or None where nothing is.

    Raises:
        ValueError: the path is none of these.
    """
    for name, field, value in _steps(path):
        if field and isinstance(obj, list):
            obj = next((item for item in obj if isinstance(item, dict) and str(item.get(field)) == value), None)
        elif isinstance(obj, list) and name.isdigit():
            obj = obj[int(name)] if int(name) < len(obj) else None
        else:
            obj = obj.get(name) if isinstance(obj, dict) and name else None
    return obj

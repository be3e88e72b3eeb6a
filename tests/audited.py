"""What an audit log says was done: of each action its last line, with the one before it was sent in front."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ktui.actions.audit import BEGUN


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def audited(path: Path) -> list[dict[str, Any]]:
    """The outcomes. Each was begun before, in a line of its own that says the same of what is meant."""
    ended, begun = [], {}
    for line in lines(path):
        if line["outcome"] == BEGUN:
            begun[line["id"]] = line
            continue
        before = begun.pop(line["id"])
        assert all(before[key] == line[key] for key in before.keys() - {"time", "outcome", "sentence"})
        ended.append(line)
    assert begun == {}
    return ended

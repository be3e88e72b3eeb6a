"""What `ktui audit -o json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ktui.actions.who_did_what import Deed
from ktui.cli.timestamps import timestamp

AUDIT_SCHEMA: Final = "ktui.audit/1"
"""Members, and outcomes, may be added; if one changes its meaning or goes, the number changes."""


def audit_document(found: Sequence[Deed], since: datetime) -> dict[str, Any]:
    """The actions, the oldest first, each as it ended, or as begun; and what the objects tell of who wrote them."""
    return {
        "schema": AUDIT_SCHEMA,
        "since": timestamp(since),
        "actions": [
            {
                "time": timestamp(each.time),
                "context": each.context,
                "server": each.server,
                "user": each.user,
                "resource": each.resource,
                "namespace": each.namespace,
                "name": each.name,
                "uid": each.uid,
                "action": each.request.__struct_config__.tag,
                "plan": each.plan,
                "outcome": each.outcome,
                "sentence": each.sentence,
                "automatic": each.automatic or None,
                "patchSha256": each.patch_sha256,
            }
            for deed in found
            if (each := deed.entry) is not None
        ],
        "writes": [
            {
                "time": timestamp(wrote.time),
                "resource": wrote.resource,
                "namespace": wrote.namespace,
                "name": wrote.name,
                "manager": wrote.manager,
                "tool": wrote.tool,
                "operation": wrote.operation,
                "subresource": wrote.subresource or None,
                "fields": list(wrote.fields),
                "notes": list(wrote.notes),
            }
            for deed in found
            if (wrote := deed.writing) is not None
        ],
    }

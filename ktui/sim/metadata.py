"""Metadata in the order in which an API server writes it."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
_METADATA_ORDER = (
    "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
)  # fmt: skip


def in_order(metadata: JSON) -> JSON:
    """The fields in the order in which an API server writes them."""
    ordered = {field: metadata[field] for field in _METADATA_ORDER if field in metadata}
    return ordered if len(ordered) == len(metadata) else ordered | metadata

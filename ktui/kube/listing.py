"""One list of one resource, read once: for commands that look and leave."""

from __future__ import annotations

from typing import Final

from ktui.kube.connection import Connection
from ktui.kube.errors import Expired, TooLarge
from ktui.kube.streams.decoder import Unreadable, decode_page
from ktui.kube.streams.pages import Pages
from ktui.model.changes import Put
from ktui.model.resources import Resource

_PAGE: Final = 500


async def list_once(
    connection: Connection,
    resource: Resource,
    namespace: str | None = None,
    label_selector: str = "",
    field_selector: str = "",
) -> list[Put | Unreadable]:
    """Everything there is of a resource in a namespace (None: all) that the selectors choose. Raises KubeError."""
    contents: list[Put | Unreadable] = []
    limit, token, pages = _PAGE, "", Pages(resource, connection.progress)
    while True:
        params = {
            "limit": str(limit) if limit else "",
            "continue": token,
            "labelSelector": label_selector or resource.labelled,
            "fieldSelector": field_selector,
        }
        given = {key: value for key, value in params.items() if value}
        try:
            body = await connection.request("GET", resource.path(namespace), params=given)
        except Expired:
            if not token:
                raise
            # History is compacted faster than it is read: everything at once.
            contents, limit, token, pages = [], 0, "", Pages(resource, connection.progress)
            continue
        except TooLarge:
            if limit <= 1:
                raise
            limit //= 2
            continue
        page = decode_page(resource, body)
        contents += page.contents
        token = pages.turn(page)
        if not token:
            return contents

"""The most that is taken from a server, each with its reason: what is larger is not read, and a sentence says so.

An API server answers with far less. Something that poses as one, or a proxy that has gone wrong, may never stop.
"""

from __future__ import annotations

from typing import Final

MEGABYTE: Final = 1_000_000

OBJECT: Final = 16 * MEGABYTE
"""Bytes of one object, or one line of a watch: etcd takes 1.5 MB a request, and 8 MB where it is set that high."""

ANSWER: Final = 64 * MEGABYTE
"""Bytes of one answer, after it is unpacked. A page of 500 pods is some 5 MB; a page that is larger is halved."""

ERROR_PAGE: Final = MEGABYTE
"""Bytes of the body of an error: a Status is short, and a page of HTML says nothing."""

HEADER: Final = 65_536
"""Bytes of one line or field of an answer's head. Gateways send cookies and policies of more than 8 KB."""

KUBECONFIG: Final = 16 * MEGABYTE
"""Bytes of a kubeconfig: a thousand clusters with their certificates are some 5 MB."""

RETRY_AFTER: Final = 60.0
"""Seconds that a server can make ktui wait: a clock that is wrong, or a typing error, asks for a day."""

RETRIES: Final = 10
"""How often a request is sent again because the server asks for it, as client-go does (rest/request.go)."""

REDIRECTS: Final = 5
"""How many redirects are followed for one request."""

"""Which cluster, as whom. Apart from the connection, so that a first frame need not wait for an HTTP client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """Which cluster, as whom: the flags that kubectl has, empty where they were not given.

    `kubeconfig` is a path; `request_timeout` is in seconds and holds for single requests, not for streams.
    """

    kubeconfig: str | None = None
    context: str = ""
    namespace: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    request_timeout: float | None = None

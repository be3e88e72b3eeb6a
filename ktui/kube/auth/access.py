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


def kubectl_call(access: Access, context: str) -> tuple[str, ...]:
    """kubectl for the same cluster as the same user, however the shell is set up that it is pasted into.

    `context` is the kubeconfig's context that was chosen; empty inside a pod, where kubectl finds the service account.
    """
    call = ["kubectl"]
    if access.kubeconfig:
        call += ["--kubeconfig", access.kubeconfig]
    if context:
        call += ["--context", context]
    if access.as_user:
        call += ["--as", access.as_user]
    for group in access.as_groups:
        call += ["--as-group", group]
    return tuple(call)

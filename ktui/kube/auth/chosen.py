"""The cluster that was chosen, and how it stays the one while the files that name it change.

Everything that connects, and connects again, goes through `choose`. The first time it takes what the kubeconfig says.
From then on the context, the server with the way to it, and the user are those of the first time, and only what renews
itself is read again: the credentials of that user, and the certificate authority of that server. If a file has come to
mean something else by the same name (`kubectl config use-context` in another window, a file that is replaced), it is
said, and nothing is changed: only a person chooses another cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ktui.kube.auth import kubeconfig
from ktui.kube.auth.access import Access
from ktui.kube.auth.kubeconfig import (
    SERVICE_ACCOUNT,
    Entry,
    Kubeconfig,
    Target,
    shown_server,
    usable_cluster,
    usable_user,
)
from ktui.kube.auth.kubeconfig_schema import Cluster, User, shown
from ktui.kube.errors import ConfigError
from ktui.kube.liveness import Vigilance


@dataclass(frozen=True)
class Surroundings:
    """What a process finds around it; tests bring their own."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    service_account: Path = SERVICE_ACCOUNT
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    vigilance: Vigilance = field(default_factory=Vigilance)
    waiting: Callable[[str], None] = lambda sentence: None
    """Hears why, and until when, a request waits because the server asks for it."""


@dataclass(frozen=True)
class Choice:
    """What to connect to. `note` is one sentence if the kubeconfig says something else by now, or empty.

    `flags` are what kubectl needs then beside the name of the context, so as not to go where the name leads now.
    """

    target: Target
    note: str = ""
    flags: tuple[str, ...] = ()


def choose(access: Access, around: Surroundings, before: Target | None = None) -> Choice:
    """The target of that access; `before` is what it was, if it was chosen before: then no ConfigError is raised."""
    if before is None:
        return Choice(_target(access, around))
    if before.is_inside:
        return Choice(before)
    try:
        return _again(before, _read(access, around))
    except ConfigError as error:
        return Choice(before, f"{error} ktui keeps using what it read before.")


def _read(access: Access, around: Surroundings) -> Kubeconfig:
    return kubeconfig.read(kubeconfig.locate(access.kubeconfig, around.environ))


def contexts(access: Access, around: Surroundings | None = None) -> tuple[kubeconfig.Context, ...]:
    """The contexts to choose from, by name; none inside a pod without a kubeconfig. Raises ConfigError."""
    return _read(access, around or Surroundings()).choices()


def whereabouts(access: Access, around: Surroundings | None = None) -> tuple[str, str]:
    """The names of the context and of the namespace that are meant, as files alone tell: no server is asked.

    Raises ConfigError.
    """
    target = _target(access, around or Surroundings())
    return target.context, access.namespace or target.namespace


def _target(access: Access, around: Surroundings) -> Target:
    """What files and surroundings say now, in kubectl's order.

    A kubeconfig that chooses nothing counts as none, and so does one that KUBECONFIG names and that does not exist: in
    a pod its service account is used then (client-go: DeferredLoadingClientConfig).
    """
    config = _read(access, around)
    if access.context or config.current:
        if config.files:
            return config.target(access.context)
    elif (inside := kubeconfig.in_cluster(around.environ, around.service_account)) is not None:
        return inside
    if config.files:
        return config.target()
    listed = [part for part in around.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if listed:
        raise ConfigError(
            f"KUBECONFIG names {', '.join(map(shown, listed))}, and there is no such file.",
            hint="Correct KUBECONFIG, or unset it to use ~/.kube/config.",
        )
    raise ConfigError(
        "There is no kubeconfig: neither --kubeconfig, nor KUBECONFIG, nor ~/.kube/config.",
        hint="Name one with --kubeconfig, or run `ktui demo --tour` to learn ktui without a cluster.",
    )


def _again(before: Target, config: Kubeconfig) -> Choice:
    """What was chosen, with credentials as they are now."""
    cluster = _renewed_cluster(before, config)
    user = _renewed_user(before, config)
    note, flags = _difference(before, config)
    return Choice(replace(before, cluster=cluster, user=user), note, flags)


_RENEWED: Final = ("certificate_authority", "certificate_authority_data")


def _renewed_cluster(before: Target, config: Kubeconfig) -> Cluster:
    """The same server by the same way; if it still is in the file, with the authority that the file has now."""
    entry = config.clusters.get(before.cluster_name)
    now = _usable(before.cluster_name, entry) if entry is not None else None
    if now is None or not _is_same_server(before.cluster, now) or entry is None or entry.file != before.cluster_file:
        return before.cluster
    if not (now.certificate_authority or now.certificate_authority_data):
        # Whom to trust may become someone else, and not everybody.
        return before.cluster
    return msgspec.structs.replace(before.cluster, **{name: getattr(now, name) for name in _RENEWED})


def _usable(name: str, entry: Entry[Cluster]) -> Cluster | None:
    try:
        return usable_cluster(name, entry)
    except ConfigError:
        return None


def _is_same_server(one: Cluster, other: Cluster) -> bool:
    return (one.server, one.tls_server_name, one.proxy_url) == (other.server, other.tls_server_name, other.proxy_url)


_ACTING: Final = ("act_as", "as_uid", "as_groups", "as_user_extra")


def _renewed_user(before: Target, config: Kubeconfig) -> User:
    """The credentials that the user of that name has in that file now. Whom it acts as stays.

    Raises ConfigError if they cannot be used.
    """
    entry = config.users.get(before.user_name)
    if entry is None or entry.file != before.user_file:
        return before.user
    now = usable_user(before.user_name, entry)
    return msgspec.structs.replace(now, **{name: getattr(before.user, name) for name in _ACTING})


def _difference(before: Target, config: Kubeconfig) -> tuple[str, tuple[str, ...]]:
    """What the files mean by the same words now, if it is something else; and the flags for kubectl."""
    name, server = shown(before.context), shown_server(before.cluster.server)
    here = f'This is still "{name}" at {server}.'
    context = config.contexts.get(before.context)
    if context is None:
        return f'The kubeconfig no longer has the context "{name}". {here}', ()
    entry = config.clusters.get(context.value.cluster)
    now = _usable(context.value.cluster, entry) if entry is not None else None
    if now is None or not _is_same_server(before.cluster, now):
        there = shown_server(now.server) if now is not None else "no server"
        return f'The kubeconfig\'s context "{name}" is now {there}. {here}', ("--server", server)
    user = context.value.user
    if user != before.user_name:
        still = f'This is still "{shown(before.user_name)}".'
        return f'The kubeconfig\'s context "{name}" now has the user "{shown(user)}". {still}', (
            "--user",
            before.user_name,
        )
    if before.was_current and config.current != before.context:
        current = f'"{shown(config.current)}"' if config.current else "none"
        return f"The kubeconfig's current context is now {current}. {here}", ()
    return "", ()

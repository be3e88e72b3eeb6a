"""A kubeconfig for the simulated cluster: one context for each user that it knows."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from ktui.sim.api.rbac import ADMIN, VIEWER, Directory, User, developer, releaser, stranger

JSON = dict[str, Any]
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The one in C, where PyYAML was built with it, is ten times as fast."""


def directory(developer_namespace: str) -> Directory:
    """The users of the cluster, by token.

    `admin`, `viewer`, `developer` (one namespace), `releaser` (sees Deployments alone) and `stranger` (nothing).
    """
    users: tuple[User, ...] = (ADMIN, VIEWER, developer(developer_namespace), releaser(), stranger("stranger"))
    return Directory({f"{user.name}-token": user for user in users})


def kubeconfig(url: str, user: str, cluster: str, developer_namespace: str, ca: bytes | None = None) -> JSON:
    """A kubeconfig with a context for each user, that of `user` the current one.

    Without TLS (`ca` is None) clients of Kubernetes send no token, and who asks without one is the admin, as on the
    insecure port of old API servers. The users are then those whom the admin acts as: that is sent even so.

    Raises:
        ValueError: there is no such user.
    """
    names = ("admin", "viewer", "developer", "releaser", "stranger")
    if user not in names:
        raise ValueError(f"the simulated cluster knows no user {user} (it knows {', '.join(names)})")
    server: JSON = {"server": url}
    if ca is not None:
        server["certificate-authority-data"] = base64.b64encode(ca).decode()
    contexts = []
    for name in names:
        context = {"cluster": cluster, "user": name}
        if name == "developer":
            context["namespace"] = developer_namespace
        contexts.append({"name": _context(cluster, name), "context": context})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": _context(cluster, user),
        "clusters": [{"name": cluster, "cluster": server}],
        "contexts": contexts,
        "users": [{"name": name, "user": _login(name, is_secure=ca is not None)} for name in names],
    }


def _login(name: str, *, is_secure: bool) -> JSON:
    if is_secure:
        return {"token": f"{name}-token"}
    return {} if name == "admin" else {"as": name}


def _context(cluster: str, user: str) -> str:
    return cluster if user == "admin" else f"{cluster}-{user}"


def write(path: Path, config: JSON) -> Path:
    """Write a kubeconfig that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.dump(config, Dumper=_DUMPER, sort_keys=False), encoding="utf-8")
    return path

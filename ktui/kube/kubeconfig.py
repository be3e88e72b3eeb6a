"""Which cluster, as whom: kubeconfig files, found and merged as kubectl does it.

kubernetes-asyncio merges files too, but lets the last `current-context` win where kubectl lets the first, looks for a
user's files beside the cluster's file, and stumbles over an empty file. So the merge is done here, paths are made
absolute, and the library is handed a config with the one context that was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from ktui.kube.errors import ConfigError, brief

_LISTS: Final = {"clusters": "cluster", "contexts": "context", "users": "user"}
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes puts a pod's own credentials."""

_CLUSTER_FILES: Final = ("certificate-authority",)
_USER_FILES: Final = ("client-certificate", "client-key", "tokenFile")

# The C parser reads a file of a thousand contexts in a tenth of the time.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Context:
    """A context of the kubeconfig, for a person to choose from. `server` is empty where the cluster is missing."""

    name: str
    cluster: str
    server: str
    namespace: str
    user: str
    current: bool


@dataclass(frozen=True)
class Target:
    """One context, resolved: everything needed to reach its cluster. File names in it are absolute.

    `source` is the file that the user comes from: a renewed OIDC login is written back there.
    """

    context: str
    cluster_name: str
    user_name: str
    namespace: str
    cluster: dict[str, Any]
    user: dict[str, Any]
    source: Path | None = None


@dataclass(frozen=True)
class _Entry:
    value: dict[str, Any]
    file: Path


@dataclass(frozen=True)
class Kubeconfig:
    """Several files as one: of two entries with the same name the first one counts."""

    files: tuple[Path, ...]
    current: str
    clusters: dict[str, _Entry]
    contexts: dict[str, _Entry]
    users: dict[str, _Entry]

    def choices(self) -> tuple[Context, ...]:
        """All contexts, by name."""
        return tuple(self._context(name) for name in sorted(self.contexts))

    def _context(self, name: str) -> Context:
        context = self.contexts[name].value
        cluster = self.clusters.get(_text(context, "cluster"))
        return Context(
            name=name,
            cluster=_text(context, "cluster"),
            server=_text(cluster.value, "server") if cluster else "",
            namespace=_text(context, "namespace") or "default",
            user=_text(context, "user"),
            current=name == self.current,
        )

    def target(self, context: str = "") -> Target:
        """What that context (empty: the current one) says.

        Raises ConfigError where there is no such context, or it names a cluster or user that does not exist.
        """
        name = context or self.current
        where = ", ".join(map(str, self.files))
        if not name:
            raise ConfigError(
                f"No context is chosen in {where}.",
                hint="Choose one with --context, or with `kubectl config use-context NAME`.",
            )
        if name not in self.contexts:
            raise ConfigError(
                f'There is no context "{brief(name)}" in {where}.',
                hint=f"There is: {', '.join(sorted(self.contexts))}." if self.contexts else "",
            )
        shown = self._context(name)
        cluster = self.clusters.get(shown.cluster)
        if cluster is None or not shown.server:
            missing = f'cluster "{shown.cluster}"' if shown.cluster else "cluster"
            raise ConfigError(f'The context "{name}" has no {missing} with a server.', hint=f"See {where}.")
        user = self.users.get(shown.user)
        if user is None and shown.user:
            raise ConfigError(
                f'The context "{name}" names the user "{shown.user}", and there is none.', hint=f"See {where}."
            )
        resolved = _absolute(cluster, _CLUSTER_FILES)
        return Target(
            context=name,
            cluster_name=shown.cluster,
            user_name=shown.user,
            namespace=shown.namespace,
            cluster={**resolved, "server": _with_scheme(shown.server, resolved)},
            user=_with_absolute_plugin(user) if user else {},
            source=user.file if user else None,
        )


def in_cluster(environ: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> Target | None:
    """The cluster that this process runs in as a pod, or None outside of one.

    The token goes through the same door as any token file, so that its rotation is seen.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (account / "token").is_file():
        return None
    namespace = account / "namespace"
    return Target(
        context="in-cluster",
        cluster_name="in-cluster",
        user_name="service account",
        namespace=(namespace.read_text().strip() if namespace.is_file() else "") or "default",
        cluster={
            "server": f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            "certificate-authority": str(account / "ca.crt"),
        },
        user={"tokenFile": str(account / "token")},
    )


def locate(explicit: str | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files to read: `--kubeconfig`, else those in KUBECONFIG that exist, else ~/.kube/config, else none.

    Raises ConfigError if the file that was named does not exist; kubectl, too, passes over a missing one of several.
    """
    if explicit:
        path = Path(explicit).expanduser()
        if not path.exists():
            raise ConfigError(f"There is no kubeconfig at {path}.", hint="Check --kubeconfig.")
        return (path,)
    listed = environ.get("KUBECONFIG", "")
    if listed:
        paths = tuple(Path(part).expanduser() for part in dict.fromkeys(listed.split(os.pathsep)) if part)
        found = tuple(path for path in paths if path.exists())
        if not found:
            raise ConfigError(
                f"KUBECONFIG names {', '.join(map(str, paths))}, and there is no such file.",
                hint="Correct KUBECONFIG, or unset it to use ~/.kube/config.",
            )
        return found
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    default = home / ".kube" / "config"
    return (default,) if default.exists() else ()


def read(files: tuple[Path, ...]) -> Kubeconfig:
    """Those files merged. Raises ConfigError for one that cannot be read or is no kubeconfig."""
    merged: dict[str, dict[str, _Entry]] = {kind: {} for kind in _LISTS}
    current = ""
    for file in files:
        config = parse(file)
        current = current or _text(config, "current-context")
        for kind, inner in _LISTS.items():
            for name, value in _entries(config, kind, inner, file):
                merged[kind].setdefault(name, _Entry(value, file.absolute()))
    return Kubeconfig(files, current, merged["clusters"], merged["contexts"], merged["users"])


def parse(file: Path) -> dict[str, Any]:
    """One file. Raises ConfigError, in one sentence and without any of the file's content."""
    try:
        with file.open("rb") as stream:
            config = yaml.load(stream, Loader=_Loader)  # noqa: S506 - it is a safe loader
    except OSError as error:
        raise ConfigError(f"The kubeconfig {file} cannot be read: {error.strerror}.") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"The kubeconfig {file} is not valid YAML{line}.", hint=_BROKEN) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        raise ConfigError(f"The kubeconfig {file} is not valid YAML.", hint=_BROKEN) from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ConfigError(f"The file {file} is not a kubeconfig.", hint=_BROKEN)
    return cast("dict[str, Any]", config)


_BROKEN: Final = "`kubectl config view` reads the same file; correct it, or name another with --kubeconfig."


def _entries(config: dict[str, Any], kind: str, inner: str, file: Path) -> list[tuple[str, dict[str, Any]]]:
    items = config.get(kind) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ConfigError(f'In the kubeconfig {file}, "{kind}" is not a list.', hint=_BROKEN)
    pairs = []
    for item in items:
        value = item.get(inner) or {}
        if not isinstance(item.get("name"), str) or not isinstance(value, dict):
            raise ConfigError(f'In the kubeconfig {file}, one of "{kind}" is incomplete.', hint=_BROKEN)
        pairs.append((item["name"], value))
    return pairs


def _absolute(entry: _Entry, keys: tuple[str, ...]) -> dict[str, Any]:
    """A copy of the entry whose files are found from anywhere: they are relative to the file that names them.

    Raises ConfigError for a file that is missing.
    """
    value = dict(entry.value)
    for key in keys:
        # The data itself, where it is given too, wins: then the file need not exist.
        if value.get(f"{key}-data"):
            continue
        # The library takes empty data for data.
        value.pop(f"{key}-data", None)
        if not _text(value, key):
            value.pop(key, None)
            continue
        path = entry.file.parent / _text(value, key)
        if not path.is_file():
            raise ConfigError(f"The {key} file {path}, named in {entry.file}, does not exist.")
        value[key] = str(path)
    return value


def _with_absolute_plugin(entry: _Entry) -> dict[str, Any]:
    """The user with absolute files; a plugin that is named by a path is relative to the kubeconfig as well."""
    user = _absolute(entry, _USER_FILES)
    plugin = user.get("exec")
    if isinstance(plugin, dict) and os.sep in _text(plugin, "command"):
        user["exec"] = {**plugin, "command": str(entry.file.parent / _text(plugin, "command"))}
    return user


def _with_scheme(server: str, cluster: dict[str, Any]) -> str:
    """A bare `host:port` is https where the cluster says anything about TLS, else http (client-go's rule)."""
    if "://" in server:
        return server
    tls = ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify")
    return f"https://{server}" if any(cluster.get(key) for key in tls) else f"http://{server}"


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""

"""Which cluster, as whom: kubeconfig files, found and merged as kubectl does it.

kubernetes-asyncio merges files too, but lets the last `current-context` win where kubectl lets the first, looks for a
user's files beside the cluster's file, knows no types, and stumbles over an empty file. So it is done here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from ktui.kube.auth.files import first_bytes
from ktui.kube.auth.kubeconfig_checks import check_cluster, check_namespace, check_user, is_server, server_url
from ktui.kube.auth.kubeconfig_schema import BROKEN, Cluster, ContextEntry, User, parse, shown
from ktui.kube.errors import ConfigError
from ktui.kube.limits import KUBECONFIG

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes puts a pod's own credentials."""

IN_CLUSTER: Final = "in-cluster"
"""The name that ktui gives to the cluster that it runs in as a pod: no kubeconfig has it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """A context of the kubeconfig, for a person to choose from, fit to be shown.

    `server` is empty where the cluster is missing; what stands for a user or password in it is left out.
    """

    name: str
    cluster: str
    server: str
    namespace: str
    user: str
    current: bool


@dataclass(frozen=True)
class Target:
    """One context, resolved: everything needed to reach its cluster. File names in it are absolute.

    It is a value that never changes: what was chosen stays chosen, whatever becomes of the files.
    """

    context: str
    cluster_name: str
    user_name: str
    namespace: str
    cluster: Cluster = field(repr=False)
    user: User = field(repr=False)
    cluster_file: Path | None = None
    user_file: Path | None = None
    """The file that the user comes from: credentials are renewed from there, and a renewed login is written back."""
    was_current: bool = False
    """Whether it was chosen as the kubeconfig's current context, and not by name."""

    @property
    def is_secure(self) -> bool:
        """Whether the server is asked over TLS. Without it no credentials are sent."""
        return self.cluster.server.lower().startswith("https://")

    @property
    def is_inside(self) -> bool:
        """Whether this is the cluster that ktui runs in, by the service account of its pod."""
        return self.cluster_file is None


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A cluster, context or user, and the file that it comes from."""

    value: T
    file: Path


@dataclass(frozen=True)
class Kubeconfig:
    """Several files as one: of two entries with the same name the first one counts."""

    files: tuple[Path, ...]
    current: str
    clusters: Mapping[str, Entry[Cluster]]
    contexts: Mapping[str, Entry[ContextEntry]]
    users: Mapping[str, Entry[User]]

    def choices(self) -> tuple[Context, ...]:
        """All contexts, by name."""
        return tuple(self._choice(name) for name in sorted(self.contexts))

    def _choice(self, name: str) -> Context:
        context = self.contexts[name].value
        cluster = self.clusters.get(context.cluster)
        return Context(
            name=name,
            cluster=context.cluster,
            server=shown_server(cluster.value.server) if cluster else "",
            namespace=context.namespace or "default",
            user=context.user,
            current=name == self.current,
        )

    def target(self, context: str = "") -> Target:
        """What that context (empty: the current one) says.

        Raises ConfigError where there is no such context, it names a cluster or user that does not exist, or a field
        of them cannot be used.
        """
        name = context or self.current
        where = ", ".join(map(shown, self.files))
        if not name:
            raise ConfigError(
                f"No context is chosen in {where}.",
                hint="Choose one with --context, or with `kubectl config use-context NAME`.",
            )
        if name not in self.contexts:
            raise ConfigError(
                f'There is no context "{shown(name)}" in {where}.',
                hint=f"Available: {', '.join(map(shown, sorted(self.contexts)))}." if self.contexts else "",
            )
        chosen = self.contexts[name]
        context_entry = chosen.value
        cluster = self.clusters.get(context_entry.cluster)
        if cluster is None or not cluster.value.server:
            missing = f'cluster "{shown(context_entry.cluster)}"' if context_entry.cluster else "cluster"
            raise ConfigError(f'The context "{shown(name)}" has no {missing} with a server.', hint=f"See {where}.")
        user = self.users.get(context_entry.user)
        if user is None and context_entry.user:
            raise ConfigError(
                f'The context "{shown(name)}" names the user "{shown(context_entry.user)}", and there is none.',
                hint=f"See {where}.",
            )
        check_namespace(name, context_entry, chosen.file)
        return Target(
            context=name,
            cluster_name=context_entry.cluster,
            user_name=context_entry.user,
            namespace=context_entry.namespace or "default",
            cluster=usable_cluster(context_entry.cluster, cluster),
            user=usable_user(context_entry.user, user) if user else User(),
            cluster_file=cluster.file,
            user_file=user.file if user else None,
            was_current=not context,
        )


def usable_cluster(name: str, entry: Entry[Cluster]) -> Cluster:
    """The cluster with absolute files and a server that begins with its scheme. Raises ConfigError."""
    check_cluster(name, entry.value, entry.file)
    authority = entry.value.certificate_authority
    return msgspec.structs.replace(
        entry.value,
        server=str(server_url(name, entry.value.server, entry.file)).rstrip("/"),
        certificate_authority=_absolute(authority, entry.file, "certificate-authority"),
    )


def usable_user(name: str, entry: Entry[User]) -> User:
    """The user with absolute files; a plugin that is named by a path is relative to the kubeconfig, too.

    Raises ConfigError.
    """
    user = entry.value
    check_user(name, user, entry.file)
    plugin = user.exec
    if plugin is not None and os.sep in plugin.command:
        plugin = msgspec.structs.replace(plugin, command=str(entry.file.parent / plugin.command))
    return msgspec.structs.replace(
        user,
        client_certificate=_absolute(user.client_certificate, entry.file, "client-certificate"),
        client_key=_absolute(user.client_key, entry.file, "client-key"),
        token_file=str(entry.file.parent / user.token_file) if user.token_file else "",
        exec=plugin,
    )


def _absolute(path: str, kubeconfig: Path, field_name: str) -> str:
    """That path as seen from the file that names it (`~` means nothing there). Raises ConfigError if it is missing."""
    if not path:
        return ""
    absolute = kubeconfig.parent / path
    if not os.path.isfile(absolute):  # noqa: PTH113 - it answers no where pathlib raises
        raise ConfigError(
            f"The {field_name} file {shown(absolute)}, named in {shown(kubeconfig)}, does not exist.", hint=BROKEN
        )
    return str(absolute)


def shown_server(server: str) -> str:
    """That address without a user, password or query in it."""
    scheme, separator, rest = server.rpartition("://")
    authority, slash, path = rest.partition("/")
    bare = path.partition("?")[0].partition("#")[0]
    return shown(f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{bare}")


def in_cluster(environ: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> Target | None:
    """The cluster that this process runs in as a pod, or None outside of one. Raises ConfigError.

    The token goes through the same door as any token file, so that its rotation is seen. The namespace is
    POD_NAMESPACE, else the service account's (client-go: inClusterClientConfig).
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not os.path.isfile(account / "token"):  # noqa: PTH113
        return None
    try:
        namespace = (account / "namespace").read_text("utf-8").strip()
    except (OSError, ValueError):
        namespace = ""
    authority = account / "ca.crt"
    address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    if not is_server(address):
        raise ConfigError(
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not an address.",
            hint="Kubernetes sets them in each pod; something has changed them.",
        )
    return Target(
        context=IN_CLUSTER,
        cluster_name=IN_CLUSTER,
        user_name="service account",
        namespace=environ.get("POD_NAMESPACE") or namespace or "default",
        cluster=Cluster(
            server=address,
            certificate_authority=str(authority) if os.path.isfile(authority) else "",  # noqa: PTH113
        ),
        user=User(token_file=str(account / "token")),
    )


def locate(explicit: str | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files to read: `--kubeconfig`, else those in KUBECONFIG that exist, else ~/.kube/config, else none.

    Raises ConfigError if the file that `--kubeconfig` names does not exist; those of KUBECONFIG may be missing, as for
    kubectl.
    """
    if explicit:
        path = _as_typed(explicit, environ)
        if not _exists(path):
            raise ConfigError(f"There is no kubeconfig at {shown(path)}.", hint="Check --kubeconfig.")
        return (path,)
    if listed := environ.get("KUBECONFIG", ""):
        paths = dict.fromkeys(_as_typed(part, environ) for part in listed.split(os.pathsep) if part)
        return tuple(path for path in paths if _exists(path))
    home = _home(environ)
    default = home / ".kube" / "config" if home else None
    return (default,) if default is not None and _exists(default) else ()


def _home(environ: Mapping[str, str]) -> Path | None:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path.home()
    except RuntimeError:
        # A user id without a name and without HOME, as containers on OpenShift have.
        return None


def _as_typed(name: str, environ: Mapping[str, str]) -> Path:
    """That path; a `~` that the shell has left in it is the home, unless there is a file of that very name."""
    path, home = Path(name), _home(environ)
    if name.startswith("~/") and home is not None and not _exists(path):
        return home / name[2:]
    return path


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(f"The kubeconfig {shown(path)} cannot be read: {error.strerror}.") from None
    return True


_read_once: Final[dict[tuple[int, int], bytes]] = {}
"""What came out of pipes, by device and inode: a pipe can be read once, and then it is empty."""


def content_of(file: Path) -> bytes:
    """The content of a kubeconfig: of a file as it is now, of a pipe (`--kubeconfig <(…)`) as it was.

    Raises ConfigError.
    """
    try:
        status = file.stat()
        identity = (status.st_dev, status.st_ino)
        is_pipe = not stat.S_ISREG(status.st_mode)
        content = _read_once.get(identity) if is_pipe else None
        if content is None:
            content = first_bytes(file, KUBECONFIG + 1)
        if is_pipe:
            _read_once[identity] = content
    except OSError as error:
        raise ConfigError(f"The kubeconfig {shown(file)} cannot be read: {error.strerror}.") from None
    if len(content) > KUBECONFIG:
        raise ConfigError(f"The file {shown(file)} is too large to be a kubeconfig.", hint=BROKEN)
    return content


def read(files: tuple[Path, ...]) -> Kubeconfig:
    """Those files merged. Raises ConfigError for one that cannot be read or is not a kubeconfig."""
    current = ""
    clusters: dict[str, Entry[Cluster]] = {}
    contexts: dict[str, Entry[ContextEntry]] = {}
    users: dict[str, Entry[User]] = {}
    for file in files:
        document = parse(content_of(file), file)
        current = current or document.current_context
        where = file.absolute()
        for cluster in document.clusters:
            clusters.setdefault(cluster.name, Entry(cluster.cluster, where))
        for context in document.contexts:
            contexts.setdefault(context.name, Entry(context.context, where))
        for user in document.users:
            users.setdefault(user.name, Entry(user.user, where))
    return Kubeconfig(files, current, clusters, contexts, users)

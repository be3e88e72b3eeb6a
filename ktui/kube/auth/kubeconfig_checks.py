"""What of a cluster and a user would fail later, and worse: client-go's validation (tools/clientcmd/validation.go).

kubectl refuses some of these only when it sends a request, in words of its HTTP library (`invalid header field value`).
Here they are refused at once, by file and field, and never by value.
"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from yarl import URL

from ktui.kube.auth.kubeconfig_schema import Cluster, ContextEntry, User, fault, shown
from ktui.kube.errors import ConfigError

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HEADER: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
"""What a header may hold (RFC 9110, 5.5), as Go's httpguts.ValidHeaderFieldValue sees it."""

_MODES: Final = {"", "Never", "IfAvailable", "Always"}


def fits_header(text: str) -> bool:
    """Whether that text can be the value of a header: it has no line break and no other control character."""
    return _HEADER.fullmatch(text) is not None


def check_namespace(name: str, context: ContextEntry, file: Path) -> None:
    """Raises ConfigError for a namespace that cannot be the name of one."""
    if context.namespace and not _LABEL.fullmatch(context.namespace):
        raise fault(file, "namespace", _named("context", name), "is not a name that a namespace can have")


def check_cluster(name: str, cluster: Cluster, file: Path) -> None:
    """Raises ConfigError for fields that contradict each other, and for a name that no certificate can have."""
    owner = _named("cluster", name)
    authority = cluster.certificate_authority or cluster.certificate_authority_data
    if cluster.certificate_authority and cluster.certificate_authority_data:
        raise _both(file, owner, "certificate-authority")
    if authority and cluster.insecure_skip_tls_verify:
        raise fault(
            file,
            "insecure-skip-tls-verify",
            owner,
            "is true, and a certificate-authority is given as well",
            "Remove one of them: kubectl refuses both together.",
        )
    if cluster.tls_server_name and not is_host_name(cluster.tls_server_name):
        raise fault(file, "tls-server-name", owner, "is not the name of a host")


def is_host_name(text: str) -> bool:
    """Whether that text can name a host: in a certificate, or in an address."""
    with suppress(ValueError):
        return bool(ip_address(text))
    if not text or text.startswith(".") or not text.isprintable() or set(text) & set(' /\\?#@"<>|^`{}%,;'):
        return False
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True


def is_server(address: str) -> bool:
    """Whether that is the http or https address of a host."""
    try:
        url = URL(address)
        port = url.port
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(url.host) and port is not None and is_host_name(url.host or "")


def server_url(name: str, server: str, file: Path) -> URL:
    """The server's address. Without a scheme it is plain http, whatever else the cluster says.

    client-go decides on TLS by the bare address alone (clientcmd: IsConfigTransportTLS of a config that has only the
    host), so that `host:6443` is http even beside a certificate-authority. A query and a fragment are dropped.

    Raises ConfigError for an address that is not one, or that holds a user or password.
    """
    owner = _named("cluster", name)
    has_scheme = "://" in server
    address = server if has_scheme else f"http://{server}"
    if not is_server(address):
        raise fault(file, "server", owner, "is not an http or https address")
    url = URL(address)
    if url.user is not None or url.password is not None or "@" in url.raw_authority:
        raise fault(
            file,
            "server",
            owner,
            "holds a user or password, which belong to the user",
            "Put them into username and password of the user: an address is shown and logged.",
        )
    if not has_scheme and url.path not in {"", "/"}:
        raise fault(file, "server", owner, "has a path and no scheme", "Begin it with https://.")
    return url.with_query(None).with_fragment(None)


def check_user(name: str, user: User, file: Path) -> None:
    """Raises ConfigError for logins that contradict each other, and for values that no header can hold."""
    owner = _named("user", name)
    _check_login(user, file, owner)
    if (user.as_uid or user.as_groups or user.as_user_extra) and not user.act_as:
        raise fault(file, "as", owner, "is empty, and as-uid, as-groups or as-user-extra are not")
    sent = {
        "token": [user.token],
        "as": [user.act_as],
        "as-uid": [user.as_uid],
        "as-groups": list(user.as_groups),
        "as-user-extra": [value for values in user.as_user_extra.values() for value in values],
    }
    for field, values in sent.items():
        if not all(map(fits_header, values)):
            raise fault(
                file,
                field,
                owner,
                "holds a line break or another control character",
                "Remove it: no header can hold it.",
            )


def _check_login(user: User, file: Path, owner: str) -> None:
    for field, path, data in (
        ("client-certificate", user.client_certificate, user.client_certificate_data),
        ("client-key", user.client_key, user.client_key_data),
    ):
        if path and data:
            raise _both(file, owner, field)
    if (user.client_certificate or user.client_certificate_data) and not (user.client_key or user.client_key_data):
        raise fault(file, "client-key", owner, "is missing beside its client-certificate")
    if user.token and (user.username or user.password):
        raise fault(
            file,
            "token",
            owner,
            "is set together with a username or password",
            "Keep one: kubectl takes one way to log in.",
        )
    plugin = user.exec
    if plugin is None:
        return
    if user.auth_provider is not None:
        raise fault(file, "exec", owner, "is set together with an auth-provider", "Keep one of them.")
    if not plugin.command:
        raise fault(file, "exec.command", owner, "is empty")
    if not all(variable.name for variable in plugin.env):
        raise fault(file, "exec.env", owner, "has a variable without a name")
    if plugin.interactive_mode not in _MODES:
        raise fault(file, "exec.interactiveMode", owner, "is none of Never, IfAvailable and Always")


def _both(file: Path, owner: str, field: str) -> ConfigError:
    return fault(
        file, f"{field} and {field}-data", owner, "are both given", "Remove one of them: kubectl refuses both together."
    )


def _named(kind: str, name: str) -> str:
    return f'{kind} "{shown(name)}"'

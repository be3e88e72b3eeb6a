"""The headers of `--as`, else of the kubeconfig's `as` (Kubernetes, Authenticating: user impersonation)."""

from __future__ import annotations

import string
from typing import Final

from ktui.kube.auth.access import Access
from ktui.kube.auth.kubeconfig_checks import fits_header
from ktui.kube.auth.kubeconfig_schema import User
from ktui.kube.errors import ConfigError

_PLAIN: Final = frozenset((string.ascii_letters + string.digits + "!#$&'*+-.^_`|~").encode())
"""What may stand in the name of a header as it is (RFC 9110, 5.6.2), without the sign of an escape itself."""


def impersonation(user: User, access: Access) -> tuple[tuple[str, str], ...]:
    """The headers that ask to act as someone else; none of them is a credential.

    As kubectl merges them (clientcmd: getAuthInfo): a flag replaces the kubeconfig's field of the same name, and the
    other fields stay. Raises ConfigError.
    """
    name = access.as_user or user.act_as
    groups = access.as_groups or user.as_groups
    if groups and not name:
        raise ConfigError("A group is impersonated, and no user.", hint="Give --as along with --as-group.")
    for flag, values in (("--as", (access.as_user,)), ("--as-group", access.as_groups)):
        if not all(map(fits_header, values)):
            raise ConfigError(
                f"The value of {flag} holds a line break or another control character.", hint="Remove it."
            )
    if not name:
        return ()
    headers = [("Impersonate-User", name)]
    headers += [("Impersonate-Uid", user.as_uid)] if user.as_uid else []
    headers += [("Impersonate-Group", group) for group in groups]
    for key, values in user.as_user_extra.items():
        headers += [(f"Impersonate-Extra-{escaped(key)}", value) for value in values]
    return tuple(headers)


def escaped(key: str) -> str:
    """A key as part of a header's name, percent-encoded (client-go, transport: headerKeyEscape).

    >>> escaped("example.org/team name")
    'example.org%2Fteam%20name'
    """
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in key.encode())

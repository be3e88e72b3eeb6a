"""Why an image cannot be pulled, from what container runtimes write: containerd 1.x and 2.x, CRI-O, cri-dockerd.

What a registry answers comes through the runtime as `502 Bad Gateway`, `unauthorized: …` or `manifest unknown`, with
the reference of the image around it, which may hold any of these words itself: it is taken out before anything is
looked for (`wording.bare`). Codes and reasons come before words.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.wording import bare

PULL_REASONS: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "RegistryUnavailable",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "SignatureValidationFailed",
    }
)
"""Reasons of the kubelet for a container that waits for its image."""

_DOCKER_HUB: Final = "docker.io"


class Pull(NamedTuple):
    """Why an image cannot be pulled (nothing where that is not recognised), and what helps.

    In `why` and `helps`, `{registry}` stands for the host that was asked.
    """

    reason: Reason
    why: str
    helps: str


_CHECK_NAME: Final = "check name and tag, then set the image again or roll back"
_CHECK_ACCESS: Final = "check the pull secret of the pod's service account"
_WAIT_FOR_REGISTRY: Final = "wait, or look at {registry}: the kubelet tries again by itself"
_CHECK_WAY: Final = "check {registry}, and the way to it from the nodes"
_NOT_FOUND: Final = Pull(Reason.IMAGE_NOT_FOUND, "it is not in the registry", _CHECK_NAME)
_DENIED: Final = Pull(Reason.IMAGE_ACCESS_DENIED, "the registry refuses access", _CHECK_ACCESS)
_LIMITED: Final = Pull(
    Reason.PULL_THROTTLED, "the registry limits its downloads", "wait, log in with a pull secret, or use a mirror"
)
_OWN_LIMIT: Final = Pull(
    Reason.PULL_THROTTLED,
    "the kubelet limits its own pulls",
    "wait: it continues by itself; registryPullQPS in the kubelet's configuration sets the limit",
)
_BAD_NAME: Final = Pull(Reason.IMAGE_NAME_INVALID, "its name is not valid", "set an image with a valid name")
_NEVER: Final = Pull(
    Reason.IMAGE_NEVER_PULLED,
    "it is not on the node, and the pull policy is Never",
    "load it onto the nodes, or change imagePullPolicy",
)
_UNSIGNED: Final = Pull(
    Reason.IMAGE_ACCESS_DENIED, "its signature is not accepted", "sign the image, or check the node's signature policy"
)
_PLATFORM: Final = Pull(
    Reason.IMAGE_WRONG_PLATFORM,
    "it is not made for this kind of node",
    "build it for the nodes' architecture, or choose other nodes",
)
_NOT_ALLOWED: Final = Pull(
    Reason.IMAGE_ACCESS_DENIED, "the pod's credentials do not give it the node's copy", _CHECK_ACCESS
)
_UNKNOWN: Final = Pull(
    Reason.IMAGE_UNKNOWN,
    "",
    "check the image's name and tag and the pull secret, then set the image again or roll back",
)


def _unreachable(why: str) -> Pull:
    return Pull(Reason.REGISTRY_UNREACHABLE, why, _CHECK_WAY)


def _fails(why: str) -> Pull:
    return Pull(Reason.REGISTRY_ERROR, why, _WAIT_FOR_REGISTRY)


_OF_REASON: Final = {
    "InvalidImageName": _BAD_NAME,
    "ErrImageNeverPull": _NEVER,
    "SignatureValidationFailed": _UNSIGNED,
    "RegistryUnavailable": _unreachable("{registry} is not available"),
}
"""What the kubelet's own reason says before any text is read."""

_OWN_REASON: Final = Expression(rf"^(?:Back-off pulling image \S+: )?({'|'.join(_OF_REASON)})\b")
_OF_CODE: Final = {
    "NotFound": _NOT_FOUND,
    "Unauthenticated": _DENIED,
    "PermissionDenied": _DENIED,
    "Unavailable": _fails("the node's container runtime is not available"),
    "DeadlineExceeded": _fails("{registry} does not answer in time"),
    "Canceled": _fails("the pull was broken off"),
    "ResourceExhausted": _fails("the node's runtime is overloaded"),
}
"""Codes of gRPC, where no words are known."""

_CODE: Final = Expression(r"rpc error: code = (\w+) desc = ")

_PHRASE: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    416: "Requested Range Not Satisfiable",
    425: "Too Early",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    507: "Insufficient Storage",
}
"""What registries answer, in Go's words (net/http, status.go)."""

_PHRASES: Final = "|".join(map(re.escape, _PHRASE.values()))
_STATUS: Final = Expression(
    rf"\b([45]\d\d) \(?(?:{_PHRASES}|Gateway Time-?out)\b|\bstatus(?: code)?:? ?([45]\d\d)\b|"
    r"\bunexpected status\D{1,60}([45]\d\d)\b"
)
"""`502 Bad Gateway`, with the words that belong to the number; `HTTP status: 502`."""

_AT_NODE: Final = "look at the node's container runtime and its disk: other nodes may pull it"


def _at_node(why: str) -> Pull:
    """Of the node, and not of the image: another try, or another node, may do."""
    return Pull(Reason.IMAGE_UNKNOWN, why, _AT_NODE)


_WORDS: Final[tuple[tuple[str, Pull], ...]] = (
    (r"pull QPS exceeded", _OWN_LIMIT),
    (r"couldn't parse image|invalid reference format|InvalidImageName", _BAD_NAME),
    (r"does not have the proper auth|not accessible with the given credentials|credentials to pull it", _NOT_ALLOWED),
    (r"present with pull policy of Never", _NEVER),
    (
        r"short-name .* did not resolve|returns ambiguous list",
        _BAD_NAME._replace(why="its name has no registry", helps="write the registry into the image's name"),
    ),
    (
        r"no longer supported since containerd|manifest\.v1\+prettyjws",
        _PLATFORM._replace(why="its format is too old for the node", helps="rebuild the image"),
    ),
    (r"image is incompatible with|does not match the host operating system", _PLATFORM),
    (r"rejected by policy", _UNSIGNED._replace(why="the node's policy rejects it")),
    (r"without vulnerability scanning", _fails("{registry} has not scanned it yet")),
    (
        r"projectpolicyviolation|configured policy",
        _DENIED._replace(why="a policy of {registry} forbids it", helps="fix what the registry found in the image"),
    ),
    (
        r"no space left on device|disk quota exceeded",
        Pull(Reason.NODE_DISK_FULL, "the node's disk is full", "free the node's disk: old images, logs"),
    ),
    (
        r"failed commit on ref|unexpected commit digest|failed size validation|layer verification failed",
        _fails("what {registry} sends is damaged"),
    ),
    (
        r"lease does not exist|content digest .*not found|snapshot|failed to (?:extract|register) layer|locked for|"
        r"read-only file system|input/output error",
        _at_node("the node cannot store it"),
    ),
    (r"too many open files|cannot assign requested address", _at_node("the node has no connection left")),
    (r"unexpected media type text/html|invalid character .* looking for", _fails("{registry} answers with a web page")),
    (r"dial unix", _fails("the node's container runtime is not available")),
    (r"Proxy Authentication Required|proxyconnect", _unreachable("the nodes' proxy does not let it through")),
    (r"certificate has expired or is not yet valid: .* is before", _fails("the node's clock is behind")),
    (
        r"authorization token has expired|access token is expired|token.* expired",
        _DENIED._replace(why="its login has expired"),
    ),
    (
        r"client with IP .* not allowed",
        _DENIED._replace(helps="let the nodes' addresses through the registry's firewall"),
    ),
    (r"signature validation failed|Source image rejected|no signature exists", _UNSIGNED),
    (
        r"no match for platform|no matching manifest|no image found in (?:image index|manifest list)|"
        r"does not match the specified platform",
        _PLATFORM,
    ),
    (
        r"\bx509:|certificate (?:signed by|has expired|is not)|failed to verify certificate",
        Pull(
            Reason.REGISTRY_UNTRUSTED,
            "the certificate of {registry} is not trusted",
            "give the nodes the registry's CA, or renew the certificate",
        ),
    ),
    (
        r"server gave HTTP response to HTTPS client",
        Pull(
            Reason.REGISTRY_UNTRUSTED,
            "{registry} does not speak HTTPS",
            "serve it over HTTPS, or allow plain HTTP to it in the runtime's configuration",
        ),
    ),
    (
        r"pull access denied|insufficient_scope",
        Pull(
            Reason.IMAGE_ACCESS_DENIED,
            "it is not in the registry, or access is refused",
            "check name and tag, and the pull secret of the pod's service account",
        ),
    ),
    (r"manifest unknown|name unknown|repository name not known|manifest for \S+ not found", _NOT_FOUND),
    (r"\bunauthorized\b|authentication required|no basic auth credentials|access .* denied|\bdenied:", _DENIED),
    (r"no such host|lookup .* not found", _unreachable("{registry} is not found in DNS")),
    (
        r"server misbehaving|[Tt]emporary failure in name resolution|lookup .* timeout",
        _unreachable("DNS fails for {registry}"),
    ),
    (r"because the registry is unavailable", _unreachable("{registry} is not available")),
    (r"connection refused", _unreachable("{registry} refuses connections")),
    (r"no route to host|network is unreachable", _unreachable("there is no route to {registry}")),
    (r"connection reset by peer|broken pipe", _fails("the connection to {registry} is reset")),
    (
        r"TLS handshake timeout|i/o timeout|Client\.Timeout exceeded|deadline exceeded|connection timed out|"
        r"net/http: timeout|request canceled",
        _fails("{registry} does not answer in time"),
    ),
    (
        r"\bEOF\s*$|unexpected EOF|stream error|http2: .*(?:closed|lost)|use of closed network",
        _fails("{registry} breaks off"),
    ),
    (r"context canceled", _fails("the pull was broken off")),
    (r"tls: handshake failure|remote error: tls", _unreachable("no TLS connection to {registry}")),
    (
        r"transport is closing|connection closed before|ttrpc: closed|containerd\.sock",
        _fails("the node's runtime fails"),
    ),
    (r"(?:: |\b)not found\s*$|\b(?:repository|image|manifest|tag|project) .*does not exist", _NOT_FOUND),
)
"""What runtimes write, and what it comes to: the first that is found in the text without any names."""

_POLICY: Final = Expression(r"projectpolicyviolation|client with IP|token.* expired")
"""What tells more than the number beside it."""
_SPARED: Final = Expression(
    r"toomanyrequests|rate ?(?:limit|exceeded)|quota exceeded|limit exceeded|throttl", re.IGNORECASE
)
_LOOKED_FOR: Final = tuple((Expression(words), pull) for words, pull in _WORDS)
_TAG_OF: Final = Expression(r"(reading manifest|fetching blob|manifest for|denied for|repository) \S+")
"""Where CRI-O and Docker name a tag or a repository without quotes."""


def registry_of(image: str) -> str:
    """The host that an image comes from: `docker.io` where its name has none."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else _DOCKER_HUB


def pull_trouble(text: str, image: str = "", reason: str = "") -> Pull:
    """What a message about an image that cannot be pulled comes to; `reason` is the kubelet's for the container.

    Without words for it where it is not recognised.
    """
    own = _OWN_REASON.match(text)
    named = _OF_REASON.get(reason) or (_OF_REASON[own[1]] if own is not None else None)
    found = _said(text, image)
    if found is _NOT_ALLOWED:
        # A pull policy of Never, and the image is there: the kubelet's reason says but half of it.
        named = None
    if named is not None and (found is _UNKNOWN or named is not _OF_REASON["RegistryUnavailable"]):
        found = named
    host = registry_of(image) if image else "the registry"
    return found._replace(why=found.why.replace("{registry}", host), helps=found.helps.replace("{registry}", host))


def _said(text: str, image: str) -> Pull:
    repository, tag = _parts(image)
    # `i/o timeout` and `net/http:` are words, and no paths.
    words = text.replace("i/o timeout", "i\x00o timeout").replace("net/http:", "net\x00http:")
    said = bare(_TAG_OF.sub(r"\1 …", words), image, f"{repository}:{tag}" if tag else "", repository)
    said = said.replace("\x00", "/")
    if _SPARED.search(said):
        # Some answer 403 or `denied` when it is a limit.
        return _LIMITED
    status = _STATUS.search(said)
    policy = _POLICY.search(said)
    if (
        status is not None
        and policy is None
        and (answered := _answered(int(status[1] or status[2] or status[3]))) is not None
    ):
        return answered
    for looks, pull in _LOOKED_FOR:
        if looks.search(said):
            return pull
    code = _CODE.search(said)
    return _OF_CODE.get(code[1], _UNKNOWN) if code is not None else _UNKNOWN


def _answered(status: int) -> Pull:
    answer = f"{{registry}} answers {status} {_PHRASE.get(status, '')}".rstrip()
    if status >= 500:
        return _fails(answer)
    return {
        401: _DENIED,
        403: _DENIED,
        404: _NOT_FOUND,
        408: _fails("{registry} does not answer in time"),
        429: _LIMITED,
    }.get(status, _UNKNOWN._replace(why=answer))


def _parts(image: str) -> tuple[str, str]:
    """Repository and tag, as they are written."""
    name = image.partition("@")[0]
    path, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{path}{slash}{last}", tag

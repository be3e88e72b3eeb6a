"""One kubeconfig file: its fields and their types (client-go, tools/clientcmd/api/v1/types.go), and how it is refused.

kubectl refuses a whole file for one value of a wrong type, a name that comes twice, or data that is not base64,
whichever context is meant; a field that it does not know is passed over. So does this, and says which field it is. No
value of a file is repeated in an error, and none of these types shows one in its `repr`.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from ktui.kube.auth import go_yaml
from ktui.kube.errors import ConfigError
from ktui.text import exact

BROKEN: Final = "`kubectl config view` reads the same file; correct it, or name another with --kubeconfig."


class _Part(msgspec.Struct, frozen=True, rename="kebab"):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Extension(_Part, frozen=True):
    """What another program keeps in a kubeconfig."""

    name: str = ""
    extension: Any = None


class Cluster(_Part, frozen=True):
    """How a server is reached."""

    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: tuple[Extension, ...] = ()


class Variable(_Part, frozen=True):
    """A variable in the environment of a login plugin."""

    name: str = ""
    value: str = ""


class Plugin(_Part, frozen=True, rename="camel"):
    """A login plugin: the kubeconfig's `exec`."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    api_version: str = ""
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class Provider(_Part, frozen=True):
    """A login that client-go itself knows how to renew: the kubeconfig's `auth-provider`."""

    name: str = ""
    config: dict[str, str] = {}


class User(_Part, frozen=True):
    """Who asks: one way to log in, and as whom to act (`as` and what goes with it)."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    act_as: str = msgspec.field(default="", name="as")
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    as_user_extra: dict[str, tuple[str, ...]] = {}
    username: str = ""
    password: str = ""
    auth_provider: Provider | None = None
    exec: Plugin | None = None
    extensions: tuple[Extension, ...] = ()


class ContextEntry(_Part, frozen=True):
    """A cluster and a user by name, and the namespace to work in."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""
    extensions: tuple[Extension, ...] = ()


class NamedCluster(_Part, frozen=True):
    """An entry of `clusters`."""

    name: str = ""
    cluster: Cluster = Cluster()


class NamedContext(_Part, frozen=True):
    """An entry of `contexts`."""

    name: str = ""
    context: ContextEntry = ContextEntry()


class NamedUser(_Part, frozen=True):
    """An entry of `users`."""

    name: str = ""
    user: User = User()


class Preferences(_Part, frozen=True):
    """Of no use to any client, and typed anyway."""

    colors: bool = False
    extensions: tuple[Extension, ...] = ()


class Document(_Part, frozen=True):
    """A whole file."""

    kind: str = ""
    api_version: str = msgspec.field(default="", name="apiVersion")
    current_context: str = ""
    clusters: tuple[NamedCluster, ...] = ()
    contexts: tuple[NamedContext, ...] = ()
    users: tuple[NamedUser, ...] = ()
    preferences: Preferences = Preferences()
    extensions: tuple[Extension, ...] = ()


def parse(content: bytes, file: Path) -> Document:
    """What that file says. Raises ConfigError, in one sentence that names the file and the field."""
    raw = raw_document(content, file)
    try:
        document = msgspec.convert(go_yaml.without_nulls(raw), Document)
    except msgspec.ValidationError as error:
        raise _mistyped(str(error), raw, file) from None
    if document.kind not in {"", "Config"} or document.api_version not in {"", "v1"}:
        raise ConfigError(
            f"The file {shown(file)} is not a kubeconfig: it needs kind Config of apiVersion v1.", hint=BROKEN
        )
    for kind, singular in _ENTRIES.items():
        _check_entries(getattr(document, kind), kind, singular, file)
    return document


def raw_document(content: bytes, file: Path) -> dict[str, Any]:
    """The file's document as it is, to be written back with a change. Raises ConfigError."""
    try:
        raw = go_yaml.load(content)
    except go_yaml.NotYaml as error:
        line = f", line {error.line}" if error.line else ""
        raise ConfigError(f"The kubeconfig {shown(file)} is not valid YAML{line}.", hint=BROKEN) from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(f"The file {shown(file)} is not a kubeconfig.", hint=BROKEN)
    return raw


def decoded(data: str) -> bytes:
    """Base64 as Go's StdEncoding takes it: padded, line breaks passed over. Raises ValueError."""
    return base64.b64decode(data.replace("\r", "").replace("\n", ""), validate=True)


_LONGEST: Final = 200


def shown(name: Path | str) -> str:
    """A path or name that a file or a command holds, fit to be part of a sentence; no two of them look the same."""
    text = exact(str(name))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_ENTRIES: Final = {"clusters": "cluster", "contexts": "context", "users": "user"}
_DATA: Final = ("certificate_authority_data", "client_certificate_data", "client_key_data")


def _check_entries(entries: tuple[Any, ...], kind: str, singular: str, file: Path) -> None:
    names: set[str] = set()
    for entry in entries:
        if entry.name in names:
            raise ConfigError(
                f'In the kubeconfig {shown(file)}, "{kind}" has the name "{shown(entry.name)}" twice.',
                hint="Rename or remove one of them: kubectl refuses the file as well.",
            )
        names.add(entry.name)
        value = getattr(entry, singular)
        for field in _DATA:
            try:
                decoded(getattr(value, field, ""))
            except (binascii.Error, ValueError):
                raise fault(
                    file, field.replace("_", "-"), f'{singular} "{shown(entry.name)}"', "is not base64"
                ) from None


def fault(file: Path, field: str, owner: str, what: str, hint: str = BROKEN) -> ConfigError:
    """`In the kubeconfig FILE, FIELD of the user "u" is …`: a sentence about one field of one entry."""
    whose = f" of the {owner}" if owner else ""
    return ConfigError(f"In the kubeconfig {shown(file)}, {field}{whose} {what}.", hint=hint)


_MISTYPED: Final = re.compile(r"Expected `(?P<right>[^`]*)`, got `(?P<wrong>[^`]*)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_PLACE: Final = re.compile(r"(?P<kind>clusters|contexts|users)\[(?P<index>\d+)\]\.?(?P<rest>.*)")
_TYPES: Final = {
    "str": "text",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}


def _mistyped(said: str, raw: dict[str, Any], file: Path) -> ConfigError:
    """The sentence for msgspec's `Expected `str`, got `int` - at `$.users[0].user.token``."""
    found = _MISTYPED.match(said)
    if found is None:
        return ConfigError(f"The kubeconfig {shown(file)} has a field of the wrong type.", hint=BROKEN)
    right, wrong = (_TYPES.get(found[side].removesuffix(" | null"), "another type") for side in ("right", "wrong"))
    field, owner = found["path"] or "the file", ""
    if (place := _PLACE.match(field)) is not None:
        entry = raw[place["kind"]][int(place["index"])]
        singular = _ENTRIES[place["kind"]]
        named = shown(entry["name"]) if isinstance(entry, dict) and isinstance(entry.get("name"), str) else ""
        owner = f'{singular} "{named}"' if named else f"entry {int(place['index']) + 1} of {place['kind']}"
        field = place["rest"].removeprefix(f"{singular}.") or "the entry"
    field = field.replace("[...]", "")
    hint = BROKEN
    if right == "text" and wrong in {"a number", "true or false"}:
        hint = "Put the value in quotes: without them YAML does not take it for text."
    elif right == "true or false" and wrong == "text":
        hint = "Write true or false without quotes."
    return fault(file, field, owner, f"is {wrong}, and must be {right}", hint)

"""The kubeconfig's `auth-provider: oidc`: a token from a login, renewed with its refresh token.

The exchange is kubernetes-asyncio's. What is done here because it gets it wrong: the identity provider's certificate
is verified also where no CA of its own is configured, an answer without a new refresh token keeps the old one, and
only the renewed login is written to the kubeconfig, not the whole file as it was at the start.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
import msgspec
import yaml

from ktui.kube.errors import ConfigError, CredentialError
from ktui.kube.kubeconfig import parse
from ktui.kube.library import configuration_library
from ktui.model.reading import read

_LOGIN: Final = "Log in again with the tool that wrote the kubeconfig."


class _Claims(msgspec.Struct):
    exp: float | None = None


_claims = msgspec.json.Decoder(_Claims)


def expiry(id_token: str) -> datetime | None:
    """When that JWT expires; None where it does not say. Raises CredentialError if it is no JWT."""
    try:
        payload = id_token.split(".")[1]
        claims = read(_claims, base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims.exp, UTC) if claims.exp is not None else None
    except (IndexError, binascii.Error, ValueError, OverflowError):
        raise CredentialError("The id-token in the kubeconfig is not a token.", hint=_LOGIN) from None


async def login(config: dict[str, Any], now: datetime, *, renew: bool) -> dict[str, Any]:
    """The provider's config with an id-token that holds: the same one, or one that was renewed.

    Raises CredentialError where there is none and none can be had.
    """
    token = config.get("id-token")
    if token and not renew:
        expires = expiry(token)
        if expires is None or now < expires - timedelta(seconds=10):
            return config
    if not config.get("refresh-token"):
        raise CredentialError("The OIDC login has expired and cannot be renewed.", hint=_LOGIN)
    answer = await _refresh(config)
    if not isinstance(answer, dict) or not isinstance(answer.get("id_token"), str):
        raise CredentialError("The identity provider answered without an id-token.", hint=_LOGIN)
    return {
        **config,
        "id-token": answer["id_token"],
        "refresh-token": answer.get("refresh_token") or config["refresh-token"],
    }


async def _refresh(config: dict[str, Any]) -> Any:
    issuer = config.get("idp-issuer-url")
    if not isinstance(issuer, str) or not config.get("client-id"):
        raise ConfigError("The auth-provider in the kubeconfig lacks idp-issuer-url or client-id.")
    library = configuration_library()
    context = await asyncio.to_thread(_tls, config)

    class Requestor(library.OpenIDRequestor):  # type: ignore[misc, name-defined]
        def _client_session(self) -> aiohttp.ClientSession:
            # As the library makes it, but for the trust, and for aiohttp's BasicAuth, which is deprecated.
            return aiohttp.ClientSession(
                headers={**self._default_headers, "Authorization": _basic(config)},
                connector=aiohttp.TCPConnector(ssl=context),
                raise_for_status=True,
                trust_env=True,
            )

    requestor = Requestor(config["client-id"], config.get("client-secret") or "", issuer)
    try:
        return await requestor.refresh_token(config["refresh-token"])
    except (library.ConfigException, aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        # What the provider said is not repeated: it may quote the token.
        raise CredentialError("The identity provider did not renew the OIDC login.", hint=_LOGIN) from error


def _basic(config: dict[str, Any]) -> str:
    """The client's own name and secret, each escaped before they are joined (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(config['client-id'])}:{quote_plus(config.get('client-secret') or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _tls(config: dict[str, Any]) -> ssl.SSLContext:
    data, file = config.get("idp-certificate-authority-data"), config.get("idp-certificate-authority")
    try:
        pem = base64.b64decode(data).decode("ascii") if data else None
        return ssl.create_default_context(cafile=None if pem else file or None, cadata=pem)
    except (OSError, ValueError):
        raise ConfigError("The CA certificate of the identity provider cannot be read.") from None


def save_login(file: Path, user_name: str, config: dict[str, Any]) -> None:
    """Write a renewed login back, as kubectl does: a refresh token often works only once.

    The file is read anew and replaced in one step. A file that cannot be written is left as it is: the login holds
    for as long as ktui runs.
    """
    target = file.resolve()
    content = parse(target)
    for user in content.get("users") or []:
        if user.get("name") == user_name and isinstance(user.get("user", {}).get("auth-provider"), dict):
            user["user"]["auth-provider"]["config"] = config
    temporary = None
    try:
        mode = target.stat().st_mode & 0o777
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as stream:
            temporary = Path(stream.name)
            yaml.safe_dump(content, stream, default_flow_style=False, sort_keys=False)
        temporary.chmod(mode)
        os.replace(temporary, target)  # noqa: PTH105
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)

"""The kubeconfig's `auth-provider: oidc`: a token from a login, renewed with its refresh token.

The exchange is kubernetes-asyncio's. What is done here because it gets it wrong: the identity provider's certificate
is verified also where no CA of its own is configured, an answer without a new refresh token keeps the old one, proxies
are found as for the API server, and only the renewed login is written to the kubeconfig, not the whole file as it was
at the start.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec
import yaml
from yarl import URL

from ktui.kube.auth.kubeconfig_checks import fits_header
from ktui.kube.auth.kubeconfig_schema import Provider, raw_document
from ktui.kube.auth.library import oidc_library
from ktui.kube.auth.proxy import connector_for, proxy_for
from ktui.kube.errors import ConfigError, CredentialError, redacted
from ktui.kube.http import aiohttp
from ktui.model.reading import read

_LOGIN: Final = "Log in again with the tool that wrote the kubeconfig."

_EARLY: Final = timedelta(seconds=10)
"""How long before its end a token is renewed (client-go: oidc.go, expiryDelta)."""


class _Claims(msgspec.Struct):
    exp: float | None = None


_claims = msgspec.json.Decoder(_Claims)


def expiry(id_token: str) -> datetime | None:
    """When that JWT expires; None where it does not say. Raises CredentialError if it is no JWT."""
    try:
        payload = id_token.split(".")[1]
        claims = read(_claims, base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims.exp, UTC) if claims.exp is not None else None
    except (IndexError, binascii.Error, ValueError, OverflowError, OSError):
        raise CredentialError("The id-token in the kubeconfig is not a token.", hint=_LOGIN) from None


class OidcLogin:
    """One login, as it was in the kubeconfig and as it was renewed since."""

    def __init__(self, provider: Provider, file: Path | None, user_name: str, environ: Mapping[str, str]) -> None:
        """Raises CredentialError for another provider than `oidc`."""
        if provider.name != "oidc":
            raise CredentialError(
                f"The auth-provider {redacted(provider.name)} is no longer supported, as in kubectl.",
                hint="Use the login plugin of that cloud (`exec` in the kubeconfig).",
            )
        self.began_with = provider
        self._config = provider.config
        self._file, self._user_name, self._environ = file, user_name, environ

    async def token(self, now: datetime, *, renew: bool) -> tuple[str, datetime | None]:
        """An id-token that holds, and until when it is not asked for again. Raises ConfigError, CredentialError."""
        config = await self._renewed(now, renew=renew)
        if config is not self._config:
            self._config = config
            if self._file is not None:
                await asyncio.to_thread(save_login, self._file, self._user_name, config)
        token = config["id-token"]
        if not fits_header(token):
            raise CredentialError("The id-token holds a line break or another control character.", hint=_LOGIN)
        expires = expiry(token)
        return token, max(expires - _EARLY, now + timedelta(seconds=1)) if expires else None

    async def _renewed(self, now: datetime, *, renew: bool) -> dict[str, str]:
        config = self._config
        token = config.get("id-token")
        if token and not renew:
            expires = expiry(token)
            if expires is None or now < expires - _EARLY:
                return config
        if not config.get("refresh-token"):
            raise CredentialError("The OIDC login has expired and cannot be renewed.", hint=_LOGIN)
        answer = await _refresh(config, self._environ)
        if not isinstance(answer, dict) or not isinstance(answer.get("id_token"), str):
            raise CredentialError("The identity provider answered without an id-token.", hint=_LOGIN)
        refreshed = answer.get("refresh_token")
        return {
            **config,
            "id-token": answer["id_token"],
            "refresh-token": refreshed if isinstance(refreshed, str) and refreshed else config["refresh-token"],
        }


async def _refresh(config: dict[str, str], environ: Mapping[str, str]) -> Any:
    issuer = config.get("idp-issuer-url", "")
    if not issuer or not config.get("client-id"):
        raise ConfigError("The auth-provider in the kubeconfig lacks idp-issuer-url or client-id.")
    try:
        address = URL(issuer)
    except ValueError:
        address = URL()
    # An issuer is https (OpenID Connect Core, 2), and a refresh token is not sent in the clear.
    if address.scheme != "https" or not address.host:
        raise ConfigError("The idp-issuer-url of the auth-provider in the kubeconfig is not an https address.")
    library = oidc_library()
    context = await asyncio.to_thread(_tls, config)
    proxy = proxy_for(address, "", environ)

    class Requestor(library.OpenIDRequestor):  # type: ignore[misc, name-defined]
        def _client_session(self) -> aiohttp.ClientSession:
            # As the library makes it, but for the trust, the proxy, and aiohttp's BasicAuth, which is deprecated.
            connector, through = connector_for(proxy, ssl=context)
            return aiohttp.ClientSession(
                headers={**self._default_headers, "Authorization": _basic(config)},
                connector=connector,
                proxy=through,
                raise_for_status=True,
            )

    requestor = Requestor(config["client-id"], config.get("client-secret") or "", issuer)
    try:
        return await requestor.refresh_token(config["refresh-token"])
    except (library.ConfigException, aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        # What the provider said is not repeated: it may quote the token.
        raise CredentialError("The identity provider did not renew the OIDC login.", hint=_LOGIN) from None


def _basic(config: dict[str, str]) -> str:
    """The client's own name and secret, each escaped before they are joined (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(config['client-id'])}:{quote_plus(config.get('client-secret') or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _tls(config: dict[str, str]) -> ssl.SSLContext:
    data, file = config.get("idp-certificate-authority-data"), config.get("idp-certificate-authority")
    try:
        pem = base64.b64decode(data).decode("ascii") if data else None
        return ssl.create_default_context(cafile=None if pem else file or None, cadata=pem)
    except (OSError, ValueError):
        raise ConfigError("The CA certificate of the identity provider cannot be read.") from None


def save_login(file: Path, user_name: str, config: dict[str, str]) -> None:
    """Write a renewed login back, as kubectl does: a refresh token often works only once.

    The file is read again and replaced in one step. One that cannot be written, or is not a file but a pipe, is left as
    it is: the login holds for as long as ktui runs.
    """
    target = file.resolve()
    temporary = None
    try:
        if not target.is_file():
            return
        content = raw_document(target.read_bytes(), target)
        for user in content.get("users") or []:
            if user.get("name") == user_name and isinstance(user.get("user", {}).get("auth-provider"), dict):
                user["user"]["auth-provider"]["config"] = config
        mode = target.stat().st_mode & 0o777
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as stream:
            temporary = Path(stream.name)
            yaml.safe_dump(content, stream, default_flow_style=False, sort_keys=False)
        temporary.chmod(mode)
        os.replace(temporary, target)  # noqa: PTH105
    except (OSError, ConfigError):
        if temporary is not None:
            temporary.unlink(missing_ok=True)

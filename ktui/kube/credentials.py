"""Who we are to the server: a kubeconfig's user, made into headers and a TLS context, and renewed in time.

kubernetes-asyncio turns cluster and user into a Configuration (CA, client certificate, token, basic auth). What it
leaves open is done around it: token files are read again as they change, plugins and OIDC logins are renewed before
they expire and after a 401, and requests impersonate whom `--as` or the kubeconfig names.
"""

from __future__ import annotations

import asyncio
import binascii
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ktui.kube.errors import ConfigError, CredentialError, redacted
from ktui.kube.exec_plugin import ExecCredential, run_plugin
from ktui.kube.kubeconfig import Target
from ktui.kube.library import configuration_library
from ktui.kube.oidc import expiry, login, save_login

TOKEN_FILE_AGE: Final = timedelta(seconds=60)
"""How long a token file's content is used before the file is read again (client-go's period)."""

PLUGIN_REST: Final = timedelta(seconds=10)
"""What a plugin has given this recently is not asked for again because of a 401: it would give the same."""

FAILURE_AGE: Final = timedelta(seconds=60)
"""How long a login that failed is not tried again: plugins may open a browser, and all streams need the login."""


@dataclass(frozen=True, eq=False)
class Identity:
    """What goes along with a request. It is replaced as a whole when credentials are renewed."""

    headers: tuple[tuple[str, str], ...]
    tls: ssl.SSLContext | None
    server_name: str | None


class Credentials:
    """The identity for one target, always fresh. Safe to use from several tasks of one loop."""

    def __init__(
        self,
        target: Target,
        *,
        as_user: str,
        as_groups: tuple[str, ...],
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._impersonation = _impersonation(target.user, as_user, as_groups)
        self._environ = environ
        self._clock = clock
        self._lock = asyncio.Lock()
        self._identity: Identity | None = None
        self._user: dict[str, Any] = {}
        self._fresh_until: datetime | None = None
        self._plugin: ExecCredential | None = None
        self._plugin_ran = clock()
        self._failure: CredentialError | None = None
        self._failed_until = clock()

    async def identity(self, *, refused: Identity | None = None) -> Identity:
        """The identity to send, renewed if its time is up or if it is the one that the server has `refused`.

        The same identity comes back where nothing can be renewed. Raises ConfigError or CredentialError.
        """
        if (current := self._usable(refused)) is not None:
            return current
        async with self._lock:
            # Whoever held the lock may have done it already.
            if (current := self._usable(refused)) is not None:
                return current
            now = self._clock()
            if self._failure is not None and now < self._failed_until:
                raise self._failure.with_traceback(None)
            try:
                user = await self._renewed(now, renew=refused is not None)
            except CredentialError as error:
                self._failure, self._failed_until = error, now + FAILURE_AGE
                raise
            self._failure = None
            if self._identity is None or user != self._user:
                self._identity = await self._build(user)
                self._user = user
            return self._identity

    def retry_login(self) -> None:
        """Someone has logged in again: a failure of before is no reason not to try."""
        self._failure = None

    def _usable(self, refused: Identity | None) -> Identity | None:
        identity = self._identity
        fresh = self._fresh_until is None or self._clock() < self._fresh_until
        return identity if identity is not refused and fresh else None

    async def _renewed(self, now: datetime, *, renew: bool) -> dict[str, Any]:
        """The user as the library reads it: nothing but files, data, token, name and password.

        The order is kubectl's: a token or a password in the file counts more than a plugin.
        """
        user = self._target.user
        static = {key: value for key, value in user.items() if key not in {"tokenFile", "exec", "auth-provider"}}
        if user.get("tokenFile"):
            self._fresh_until = now + TOKEN_FILE_AGE
            return {**static, "token": await asyncio.to_thread(self._read_token, Path(user["tokenFile"]))}
        if user.get("token") or user.get("username"):
            return static
        if isinstance(user.get("exec"), dict):
            return {**static, **await self._run_plugin(user["exec"], now, renew=renew)}
        if isinstance(user.get("auth-provider"), dict):
            return {**static, "token": await self._log_in(user["auth-provider"], now, renew=renew)}
        return static

    def _read_token(self, file: Path) -> str:
        try:
            token = file.read_text("ascii", errors="strict").strip()
        except (OSError, ValueError):
            token = ""
        if token:
            return token
        # A file that is being replaced is empty or missing for a moment: what it held goes on.
        if self._user.get("token"):
            return str(self._user["token"])
        raise CredentialError(f"The token file {file} is missing or empty.")

    async def _run_plugin(self, plugin: dict[str, Any], now: datetime, *, renew: bool) -> dict[str, Any]:
        held = self._plugin
        refused = renew and now >= self._plugin_ran + PLUGIN_REST
        if held is None or refused or (held.renewal is not None and held.renewal <= now):
            held = await run_plugin(plugin, cluster=self._target.cluster, environ=self._environ, now=now)
            self._plugin_ran = now
        self._plugin, self._fresh_until = held, held.renewal
        return held.user

    async def _log_in(self, provider: dict[str, Any], now: datetime, *, renew: bool) -> str:
        if provider.get("name") != "oidc":
            raise CredentialError(
                f"The auth-provider {redacted(str(provider.get('name')))} is no longer supported, by kubectl neither.",
                hint="Use the login plugin of that cloud (`exec` in the kubeconfig).",
            )
        before = provider.get("config") or {}
        config = await login(before, now, renew=renew)
        if config is not before:
            provider["config"] = config
            if self._target.source is not None:
                await asyncio.to_thread(save_login, self._target.source, self._target.user_name, config)
        expires = expiry(config["id-token"])
        self._fresh_until = max(expires - timedelta(seconds=10), now + timedelta(seconds=1)) if expires else None
        return str(config["id-token"])

    async def _build(self, user: dict[str, Any]) -> Identity:
        """Hand cluster and user to the library, and make of its Configuration what aiohttp takes."""
        library = await asyncio.to_thread(configuration_library)
        named = {"contexts": "context", "clusters": "cluster", "users": "user"}
        values = {"contexts": {"cluster": "it", "user": "it"}, "clusters": self._target.cluster, "users": user}
        document = {kind: [{"name": "it", inner: values[kind]}] for kind, inner in named.items()}
        loader = library.KubeConfigLoader({**document, "current-context": "it"})
        configuration = library.Configuration()
        try:
            await loader.load_and_set(configuration)
        except (library.ConfigException, binascii.Error, ValueError, TypeError, OSError) as error:
            raise ConfigError(
                f'The certificates of the context "{self._target.context}" cannot be used.',
                hint="`kubectl config view` shows them: data must be base64, files must exist.",
            ) from error
        token = configuration.api_key.get("BearerToken")
        authorization = (("Authorization", token),) if token else ()
        return Identity(
            headers=(*authorization, *self._impersonation),
            tls=await asyncio.to_thread(_tls, configuration) if configuration.host.startswith("https") else None,
            server_name=configuration.tls_server_name,
        )


def _tls(configuration: Any) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    except OSError as error:
        raise ConfigError("The CA certificate of the cluster cannot be read.") from error
    if configuration.cert_file:
        try:
            # Without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password="")
        except (OSError, ValueError) as error:
            raise ConfigError(
                "The client certificate cannot be used: it is unreadable, or does not fit its key."
            ) from error
    # Python 3.13 rejects CAs that Go accepts, and many clusters have one.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _impersonation(user: dict[str, Any], as_user: str, as_groups: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The headers of `--as`, else of the kubeconfig's `as` (Kubernetes, Authenticating: user impersonation)."""
    name = as_user or str(user.get("as") or "")
    groups = as_groups if as_user or as_groups else tuple(user.get("as-groups") or ())
    if groups and not name:
        raise ConfigError("A group is impersonated, and no user.", hint="Give --as along with --as-group.")
    headers = [("Impersonate-User", name)] if name else []
    headers += [("Impersonate-Group", str(group)) for group in groups]
    if name and not as_user:
        headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
        for key, values in (user.get("as-user-extra") or {}).items():
            headers += [(f"Impersonate-Extra-{key}", str(value)) for value in values]
    return tuple(headers)

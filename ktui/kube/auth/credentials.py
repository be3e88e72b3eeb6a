"""Who we are to the server: a kubeconfig's user, made into headers and a TLS context, and renewed in time.

What renews itself: token files are read again once a minute, certificate files every five minutes, plugins and OIDC
logins before they expire. After a 401, and when a person asks for it, the kubeconfig itself is read again: the token or
the certificate in it may have been renewed. The cluster stays the one that was chosen (`ktui.kube.auth.chosen`).

Without TLS nothing of this is sent, and no plugin is run, as by kubectl: client-go reads a user's login only if the
server's address begins with https (tools/clientcmd/client_config.go, ClientConfig: IsConfigTransportTLS). Whom to act
as is sent even then, by client-go and by ktui: it is not a credential, and to leave it out would be to act as who
stands behind that address (`kubectl proxy`).
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ktui.kube import limits
from ktui.kube.auth import certificate
from ktui.kube.auth.access import Access
from ktui.kube.auth.certificate import Certificate
from ktui.kube.auth.chosen import Choice, Surroundings
from ktui.kube.auth.exec_plugin import ExecCredential, run_plugin
from ktui.kube.auth.files import first_bytes
from ktui.kube.auth.impersonation import impersonation
from ktui.kube.auth.kubeconfig import Target, shown_server
from ktui.kube.auth.kubeconfig_checks import fits_header
from ktui.kube.auth.kubeconfig_schema import Plugin, Provider, User, shown
from ktui.kube.auth.oidc import OidcLogin
from ktui.kube.auth.tls import Material, read_material, tls_context
from ktui.kube.errors import ConfigError, CredentialError

TOKEN_FILE_AGE: Final = timedelta(seconds=60)
"""How long a token file's content is used before the file is read again (client-go's period)."""

CERTIFICATE_FILE_AGE: Final = timedelta(minutes=5)
"""The same for the files of certificates (client-go's period, too)."""

PLUGIN_REST: Final = timedelta(seconds=10)
"""What a plugin has given this recently is not asked for again because of a 401: it would give the same."""

FAILURE_AGE: Final = timedelta(seconds=25)
"""How long a login that failed is not tried again: plugins may open a browser, and all streams need the login."""


@dataclass(frozen=True, eq=False)
class Identity:
    """What goes along with a request. It is replaced as a whole when credentials are renewed."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    tls: ssl.SSLContext | None
    server_name: str | None
    certificate: Certificate | None = None
    """The client's own, if it has one."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The part that nobody is to see. Shorter ones are no secrets, and stand in too many words."""
        values = (value.partition(" ")[2] for name, value in self.headers if name == "Authorization")
        return tuple(value for value in values if len(value) >= 4)


@dataclass(frozen=True, repr=False)
class _Login:
    """A way to log in, ready to be sent, and until when it is not looked at again; None is until a 401."""

    authorization: str = ""
    material: Material = field(default_factory=Material)
    fresh_until: datetime | None = field(default=None, compare=False)


class Credentials:
    """The identity for one target, always fresh. Safe to use from several tasks of one loop.

    `again` reads what was chosen again, without choosing anything else.
    """

    def __init__(
        self, choice: Choice, access: Access, around: Surroundings, again: Callable[[Target], Choice] = Choice
    ) -> None:
        self._target = choice.target
        self._note, self._fault = choice.note, ""
        self.flags = choice.flags
        """What kubectl needs beside the name of the context: `Choice.flags`."""
        self._again = again
        self._impersonation = impersonation(choice.target.user, access)
        self._environ = around.environ
        self._clock = around.clock
        self._lock = asyncio.Lock()
        self._identity: Identity | None = None
        self._login = _Login()
        self._fresh_until: datetime | None = None
        self._is_doubted = False
        self._plugin: tuple[Plugin, ExecCredential] | None = None
        self._plugin_ran = self._clock()
        self._oidc: OidcLogin | None = None
        self._token_of_file = ""
        self._failure: CredentialError | None = None
        self._failed_until = self._clock()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know: that a login is not sent, and that the kubeconfig says something else by now."""
        notes = [note for note in (self._note, self._fault) if note]
        if not self._target.is_secure and _has_login(self._target.user):
            notes.append(
                f"{shown_server(self._target.cluster.server)} is asked without TLS, so the credentials of the user "
                f'"{shown(self._target.user_name)}" are not sent.'
            )
        return tuple(notes)

    async def identity(self, *, refused: Identity | None = None) -> Identity:
        """The identity to send, renewed if its time is up or if it is the one that the server has `refused`.

        The same identity comes back where nothing can be renewed. Raises ConfigError or CredentialError.
        """
        if (current := self._usable(refused)) is not None:
            return current
        async with self._lock:
            # Who held the lock may have done it already.
            if (current := self._usable(refused)) is not None:
                return current
            now = self._clock()
            await self._read_again(is_needed=refused is not None or self._is_doubted or self._is_over(now))
            if self._failure is not None and now < self._failed_until:
                raise self._failure.with_traceback(None)
            try:
                login = await self._renewed(now, renew=refused is not None)
                self._failure = None
                if self._identity is None or login != self._login:
                    self._identity = await self._build(login)
                    self._login = login
            except CredentialError as error:
                self._failure, self._failed_until = error, now + FAILURE_AGE
                raise
            except ConfigError as error:
                # Files that are being replaced are missing, or do not fit, for a moment: what they held goes on.
                if self._identity is None:
                    raise
                self._fault, self._is_doubted = f"{error} ktui keeps using what it read before.", False
                self._fresh_until = now + TOKEN_FILE_AGE
                return self._identity
            self._fault, self._is_doubted = "", False
            held = self._identity.certificate
            # One that has expired by then is looked for once a minute.
            ends = max(held.ends, now + TOKEN_FILE_AGE) if held is not None else None
            self._fresh_until = _earlier(login.fresh_until, ends)
            return self._identity

    def retry_login(self) -> None:
        """Forget earlier failures and read the files again: someone may have logged in meanwhile."""
        self._failure, self._is_doubted = None, True

    def doubt(self) -> None:
        """Something about the certificates was wrong: read the files again before the next request."""
        self._is_doubted = True

    def fault(self, identity: Identity) -> str:
        """Why the server may have refused that identity, as far as it shows; or nothing."""
        held, now = identity.certificate, self._clock()
        if held is None or held.holds(now):
            return ""
        whose = f'the client certificate of the user "{shown(self._target.user_name)}"'
        named = f" ({shown(held.subject)})" if held.subject else ""
        if now > held.ends:
            return f"{whose}{named} expired on {held.ends:%Y-%m-%d %H:%M} UTC"
        return f"{whose}{named} is not valid before {held.begins:%Y-%m-%d %H:%M} UTC"

    def _usable(self, refused: Identity | None) -> Identity | None:
        identity = self._identity
        fresh = self._fresh_until is None or self._clock() < self._fresh_until
        return identity if identity is not refused and fresh and not self._is_doubted else None

    def _is_over(self, now: datetime) -> bool:
        """Whether the client certificate that is in use has expired: then the file may have the next one."""
        held = self._identity.certificate if self._identity is not None else None
        return held is not None and now > held.ends

    async def _read_again(self, *, is_needed: bool) -> None:
        if not is_needed or self._identity is None:
            return
        choice = await asyncio.to_thread(self._again, self._target)
        if choice.target.user != self._target.user:
            # Whatever failed did so with what is no longer there.
            self._failure = None
        self._target, self._note, self.flags = choice.target, choice.note, choice.flags

    async def _renewed(self, now: datetime, *, renew: bool) -> _Login:
        """The login as it is now. The order is client-go's: what is in the file counts more than a plugin."""
        user = self._target.user
        if not self._target.is_secure:
            return _Login()
        material = await asyncio.to_thread(read_material, self._target.cluster, user)
        has_files = bool(user.client_certificate or user.client_key or self._target.cluster.certificate_authority)
        until = now + CERTIFICATE_FILE_AGE if has_files else None
        if user.token_file:
            token = await asyncio.to_thread(self._read_token, Path(user.token_file), user.token)
            return _bearer(token, material, _earlier(until, now + TOKEN_FILE_AGE))
        if user.token:
            return _bearer(user.token, material, until)
        if user.username:
            pair = b64encode(f"{user.username}:{user.password}".encode()).decode()
            return _Login(f"Basic {pair}", material, until)
        if user.exec is not None and not material.certificate:
            held = await self._run_plugin(user.exec, now, renew=renew)
            given = replace(material, certificate=held.certificate, key=held.key)
            return _bearer(held.token, given, _earlier(until, held.renewal))
        if user.auth_provider is not None:
            token, ends = await self._log_in(user.auth_provider, now, renew=renew)
            return _bearer(token, material, _earlier(until, ends))
        return _Login("", material, until)

    def _read_token(self, file: Path, otherwise: str) -> str:
        try:
            token = first_bytes(file, limits.HEADER).decode().strip()
        except (OSError, ValueError):
            token = ""
        # A file that is being replaced is empty or missing for a moment: what it held goes on.
        token = token or self._token_of_file or otherwise
        if not token:
            raise CredentialError(f"The token file {shown(file)} is missing or empty.")
        if not fits_header(token):
            raise CredentialError(f"The token file {shown(file)} holds more than one line, or a control character.")
        self._token_of_file = token
        return token

    async def _run_plugin(self, plugin: Plugin, now: datetime, *, renew: bool) -> ExecCredential:
        held = self._plugin[1] if self._plugin is not None and self._plugin[0] == plugin else None
        refused = renew and now >= self._plugin_ran + PLUGIN_REST
        if held is None or refused or (held.renewal is not None and held.renewal <= now):
            held = await run_plugin(plugin, cluster=self._target.cluster, environ=self._environ, now=now)
            self._plugin_ran = now
        self._plugin = (plugin, held)
        return held

    async def _log_in(self, provider: Provider, now: datetime, *, renew: bool) -> tuple[str, datetime | None]:
        if self._oidc is None or self._oidc.began_with != provider:
            self._oidc = OidcLogin(provider, self._target.user_file, self._target.user_name, self._environ)
        return await self._oidc.token(now, renew=renew)

    async def _build(self, login: _Login) -> Identity:
        authorization = (("Authorization", login.authorization),) if login.authorization else ()
        secure = self._target.is_secure
        if self._identity is not None and login.material == self._login.material:
            # Another token is no reason for other sockets.
            context = self._identity.tls
        else:
            context = await asyncio.to_thread(tls_context, login.material, self._target.context) if secure else None
        return Identity(
            headers=(*authorization, *self._impersonation),
            tls=context,
            server_name=(self._target.cluster.tls_server_name or None) if secure else None,
            certificate=certificate.read_pem(login.material.certificate),
        )


def _bearer(token: str, material: Material, fresh_until: datetime | None) -> _Login:
    return _Login(f"Bearer {token}" if token else "", material, fresh_until)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _has_login(user: User) -> bool:
    given = (user.token, user.token_file, user.username, user.password, user.client_certificate)
    return any(given) or bool(user.client_certificate_data or user.exec or user.auth_provider)

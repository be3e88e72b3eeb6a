"""Exec credential plugins: run a program, get a token or a client certificate (client.authentication.k8s.io).

kubernetes-asyncio runs plugins too, but hands them the terminal's stdin (they would read the dashboard's keys), never
tells them the cluster, never times out, leaves the process behind when cancelled, and forgets when a certificate
expires. So this runs them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from ktui.kube.auth import go_yaml
from ktui.kube.auth.files import first_bytes
from ktui.kube.auth.kubeconfig_checks import fits_header
from ktui.kube.auth.kubeconfig_schema import Cluster, Plugin, decoded
from ktui.kube.errors import ConfigError, CredentialError, brief, redacted
from ktui.kube.limits import MEGABYTE
from ktui.model.reading import NotRead, read

TIMEOUT: Final = 60.0
"""Seconds that a plugin may take. A login in a browser is not waited for: it belongs before `ktui`."""

MOST_SAID: Final = 1200
"""Characters of what a failing plugin printed that are repeated: its reason may come first, last or in between."""

_LARGEST: Final = 4_000_000
"""Bytes that are taken from a plugin, of each of its outputs. Certificates with long chains have some ten thousand."""

_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")

_CLUSTER_EXTENSION: Final = "client.authentication.k8s.io/exec"


class _Credential(msgspec.Struct, rename="camel"):
    token: str | None = ""
    client_certificate_data: str | None = ""
    client_key_data: str | None = ""
    expiration_timestamp: datetime | None = None

    def __repr__(self) -> str:
        return "_Credential(…)"


class _Answer(msgspec.Struct, rename="camel"):
    """A `kind` that is left out is understood, as by kubectl; an `apiVersion` is not. A null is as good as nothing."""

    api_version: str | None = ""
    kind: str | None = ""
    status: _Credential | None = None


_answer: Final = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True)
class ExecCredential:
    """What a plugin gave: a token, a certificate with its key (PEM), or both; and when to run it again.

    `renewal` None means after a 401 only.
    """

    token: str = field(repr=False)
    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)
    renewal: datetime | None


async def run_plugin(
    plugin: Plugin,
    *,
    cluster: Cluster,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float = TIMEOUT,
) -> ExecCredential:
    """Run the plugin of a user (the kubeconfig's `exec`) and return its credential.

    Raises CredentialError if it is missing, fails, takes too long, or says nothing that can be used.
    """
    name = brief(Path(plugin.command).name, 80)
    if plugin.interactive_mode == "Always":
        raise CredentialError(
            f"The login plugin {name} wants to talk to a person, and ktui owns the terminal.",
            hint="Log in with kubectl first, or set interactiveMode to IfAvailable.",
        )
    version = plugin.api_version
    if version not in _VERSIONS:
        raise CredentialError(
            f"The login plugin {name} speaks {brief(version, 80) or 'no version'}, which is no longer supported.",
            hint=f"Its kubeconfig entry needs one of {', '.join(_VERSIONS)}.",
        )
    spec: dict[str, Any] = {"interactive": False}
    if plugin.provide_cluster_info:
        spec["cluster"] = _cluster_info(cluster)
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
    extra = {variable.name: variable.value for variable in plugin.env}
    env = {**environ, **extra, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}
    hint = brief(plugin.install_hint) or f"Check that {name} is installed and on the PATH."
    try:
        process = await _start(plugin.command, plugin.args, env)
    except FileNotFoundError:
        raise CredentialError(f"The login plugin {name} is not installed.", hint=hint) from None
    except (OSError, ValueError) as error:
        # A ValueError is a NUL in an argument or variable.
        reason = getattr(error, "strerror", None) or "its arguments cannot be passed on"
        raise CredentialError(f"The login plugin {name} cannot be started: {reason}.", hint=hint) from None
    said = _Said(extra.values())
    stdout = await _outcome(process, name, timeout, said)
    if process.returncode:
        raise CredentialError(
            f"The login plugin {name} {_ended(process.returncode)}{said}".rstrip(".") + ".",
            hint=f"Log in again; `{name}` run by hand says more.",
        )
    return _credential(stdout, name, version, now, said)


def _ended(code: int) -> str:
    return f"failed with exit code {code}" if code > 0 else f"was ended by signal {-code}"


class _Said:
    """What a plugin printed on its standard error. Its standard output is a credential, and is never repeated."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)
        self.content = bytearray()

    def __str__(self) -> str:
        lines = [line.strip() for line in self.content.decode("utf-8", "replace").splitlines()]
        # Each line by itself: what looks like a secret ends with its line.
        text = " ".join(redacted(line, self._secrets) for line in lines if line)
        if len(text) > MOST_SAID:
            text = f"{text[: MOST_SAID // 2]} … {text[-MOST_SAID // 2 :]}"
        return f": {text}" if text else ""


async def _start(command: str, arguments: tuple[str, ...], env: Mapping[str, str]) -> asyncio.subprocess.Process:
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            command,
            *arguments,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Without a terminal to ask on, and with whatever it starts in one group, to be ended together.
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled half-way, asyncio would end the plugin, and not what that has started by then.
        with contextlib.suppress(OSError):
            await _end(await starting)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()


async def _outcome(process: asyncio.subprocess.Process, name: str, timeout: float, said: _Said) -> bytes:
    """What it printed on its standard output; on its standard error goes into `said` as it comes."""
    assert process.stdout is not None
    assert process.stderr is not None
    printed = bytearray()
    try:
        async with asyncio.timeout(timeout):
            await asyncio.gather(_drain(process.stdout, printed), _drain(process.stderr, said.content))
            await process.wait()
    except TimeoutError:
        raise CredentialError(
            f"The login plugin {name} has not answered for {timeout:.0f}s{said}".rstrip(".") + ".",
            hint="Log in with kubectl first.",
        ) from None
    finally:
        if process.returncode is None:
            await _end(process)
    return bytes(printed)


async def _drain(stream: asyncio.StreamReader, into: bytearray) -> None:
    while chunk := await stream.read(65536):
        into += chunk[: _LARGEST - len(into)]


def _cluster_info(cluster: Cluster) -> dict[str, Any]:
    """The cluster as a plugin that asked for it gets it, its CA as data (client.authentication.k8s.io/v1, Cluster)."""
    info: dict[str, Any] = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "certificate-authority-data": _authority(cluster),
    }
    info = {key: value for key, value in info.items() if value}
    for extension in cluster.extensions:
        if extension.name == _CLUSTER_EXTENSION:
            info["config"] = extension.extension
    return info


def _authority(cluster: Cluster) -> str:
    if cluster.certificate_authority_data:
        return base64.b64encode(decoded(cluster.certificate_authority_data)).decode()
    if not cluster.certificate_authority:
        return ""
    try:
        return base64.b64encode(first_bytes(Path(cluster.certificate_authority), MEGABYTE)).decode()
    except OSError as error:
        raise ConfigError(
            f"The certificate-authority file {brief(cluster.certificate_authority)} cannot be read: {error.strerror}."
        ) from None


def _credential(stdout: bytes, name: str, version: str, now: datetime, said: _Said) -> ExecCredential:
    try:
        # kubectl takes YAML as well.
        is_json = stdout.lstrip()[:1] == b"{"
        answer = read(_answer, stdout if is_json else msgspec.json.encode(go_yaml.load(stdout)))
    except (go_yaml.NotYaml, NotRead):
        raise CredentialError(f"The login plugin {name} did not answer with an ExecCredential{said}.") from None
    kind, api_version = answer.kind or "ExecCredential", answer.api_version or ""
    if kind != "ExecCredential" or api_version != version:
        given = f"{brief(kind, 80)} {brief(api_version, 80) or 'without apiVersion'}"
        raise CredentialError(f"The login plugin {name} answered with {given} instead of {version}{said}.")
    status = answer.status or _Credential()
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise CredentialError(f"The login plugin {name} gave a certificate without its key, or a key alone.")
    if not status.token and not status.client_key_data:
        raise CredentialError(f"The login plugin {name} gave neither a token nor a certificate with its key{said}.")
    if not fits_header(status.token or ""):
        raise CredentialError(f"The login plugin {name} gave a token with a line break or another control character.")
    return ExecCredential(
        status.token or "",
        (status.client_certificate_data or "").encode(),
        (status.client_key_data or "").encode(),
        _renewal(status.expiration_timestamp, now),
    )


def _renewal(expires: datetime | None, now: datetime) -> datetime | None:
    """Half a minute before the end, or a quarter of a short life; never at once, whatever the plugin claims."""
    if expires is None:
        return None
    expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    lead = min(timedelta(seconds=30), (expires - now) / 4)
    return max(expires - lead, now + timedelta(seconds=1))

"""Exec credential plugins: run a program, get a token or a client certificate (client.authentication.k8s.io).

kubernetes-asyncio runs plugins too, but hands them the terminal's stdin (they would read the dashboard's keys), never
tells them the cluster, never gives up, leaves the process behind when it is cancelled, and forgets when a certificate
expires. So this runs them, and the library gets the outcome as if it stood in the kubeconfig.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from ktui.kube.errors import CredentialError, brief, redacted
from ktui.model.reading import NotRead, read

TIMEOUT: Final = 60.0
"""Seconds that a plugin may take. A login in a browser is not waited for: it belongs before `ktui`."""

_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


class _Credential(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None


class _Answer(msgspec.Struct, rename="camel"):
    kind: str
    api_version: str
    status: _Credential | None = None


_answer = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True)
class ExecCredential:
    """What a plugin gave: entries for a kubeconfig's user, and when to run it again (None: after a 401 only)."""

    user: dict[str, Any]
    renewal: datetime | None


async def run_plugin(
    plugin: dict[str, Any],
    *,
    cluster: dict[str, Any],
    environ: Mapping[str, str],
    now: datetime,
    timeout: float = TIMEOUT,
) -> ExecCredential:
    """Run the plugin of a user (the kubeconfig's `exec`) and return its credential.

    Raises CredentialError if it is missing, fails, takes too long, or says nothing that can be used.
    """
    command, arguments, extra = _command(plugin)
    name = Path(command).name
    if plugin.get("interactiveMode") == "Always":
        raise CredentialError(
            f"The login plugin {name} wants to talk to a person, and ktui owns the terminal.",
            hint="Log in with kubectl first, or set interactiveMode to IfAvailable.",
        )
    version = str(plugin.get("apiVersion", ""))
    if version not in _VERSIONS:
        raise CredentialError(
            f"The login plugin {name} speaks {brief(version) or 'no version'}, which is no longer supported.",
            hint=f"Its kubeconfig entry needs one of {', '.join(_VERSIONS)}.",
        )
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(cluster)
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
    env = {**environ, **extra, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}
    hint = brief(str(plugin.get("installHint") or "")) or f"Check that {name} is installed and on the PATH."
    try:
        process = await _start(command, arguments, env)
    except FileNotFoundError as error:
        raise CredentialError(f"The login plugin {name} is not installed.", hint=hint) from error
    except OSError as error:
        raise CredentialError(f"The login plugin {name} cannot be started: {error.strerror}.", hint=hint) from error
    stdout, stderr = await _outcome(process, name, timeout)
    if process.returncode:
        lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        said = f": {redacted(lines[-1], extra.values())}" if lines else ""
        raise CredentialError(
            f"The login plugin {name} failed with exit code {process.returncode}{said}".rstrip(".") + ".",
            hint=f"Log in again; `{name}` run by hand tells more.",
        )
    return _credential(stdout, name, version, now)


async def _start(command: str, arguments: list[str], env: Mapping[str, str]) -> asyncio.subprocess.Process:
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


async def _outcome(process: asyncio.subprocess.Process, name: str, timeout: float) -> tuple[bytes, bytes]:
    try:
        async with asyncio.timeout(timeout):
            return await process.communicate()
    except TimeoutError:
        raise CredentialError(
            f"The login plugin {name} has not answered for {timeout:.0f} s.", hint="Log in with kubectl first."
        ) from None
    finally:
        if process.returncode is None:
            await _end(process)


def _command(plugin: dict[str, Any]) -> tuple[str, list[str], dict[str, str]]:
    command, arguments, env = plugin.get("command"), plugin.get("args") or [], plugin.get("env") or []
    try:
        extra = {item["name"]: item["value"] for item in env}
    except (TypeError, KeyError):
        extra = {"": ""}
    words = [command, *arguments, *extra, *extra.values()] if isinstance(arguments, list) else [None]
    if not command or not all(isinstance(word, str) for word in words) or "" in extra:
        raise CredentialError("The login plugin in the kubeconfig is incomplete: see its command, args and env.")
    return str(command), list(arguments), extra


def _cluster_info(cluster: dict[str, Any]) -> dict[str, Any]:
    """The cluster as a plugin that asked for it is told, its CA as data."""
    keys = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "certificate-authority-data")
    info = {key: cluster[key] for key in keys if cluster.get(key)}
    if cluster.get("certificate-authority") and "certificate-authority-data" not in info:
        data = Path(cluster["certificate-authority"]).read_bytes()
        info["certificate-authority-data"] = base64.b64encode(data).decode()
    for extension in cluster.get("extensions") or []:
        if extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info


def _credential(stdout: bytes, name: str, version: str, now: datetime) -> ExecCredential:
    try:
        answer = read(_answer, stdout)
    except NotRead:
        raise CredentialError(f"The login plugin {name} answered with something that is no ExecCredential.") from None
    if answer.kind != "ExecCredential" or answer.api_version != version:
        raise CredentialError(
            f"The login plugin {name} answered with {brief(answer.api_version, 80)}, and {version} was asked for."
        )
    status = answer.status or _Credential()
    certificate = bool(status.client_certificate_data and status.client_key_data)
    if not status.token and not certificate:
        raise CredentialError(f"The login plugin {name} gave neither a token nor a certificate with its key.")
    user: dict[str, Any] = {}
    if status.token:
        user["token"] = status.token
    if certificate:
        user["client-certificate-data"] = _base64(status.client_certificate_data)
        user["client-key-data"] = _base64(status.client_key_data)
    return ExecCredential(user, _renewal(status.expiration_timestamp, now))


def _renewal(expires: datetime | None, now: datetime) -> datetime | None:
    """Half a minute before the end, or a quarter of a short life; never at once, whatever the plugin claims."""
    if expires is None:
        return None
    expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    lead = min(timedelta(seconds=30), (expires - now) / 4)
    return max(expires - lead, now + timedelta(seconds=1))


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()

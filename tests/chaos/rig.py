"""A server, what is between it and ktui, and ktui without a screen: all that a fault is tried on."""

from __future__ import annotations

import json
import ssl
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import trustme

from tests.between import Between, answer, between
from tests.chaos.client import Client, Times
from tests.chaos.server import Server
from tests.chaos.wire import Wire, wired

_NAMES: Final = ("127.0.0.1", "0.0.0.0")


class Certificates:
    """What the server can show: a good certificate, and those that nobody trusts."""

    def __init__(self) -> None:
        self.authority, other = trustme.CA(), trustme.CA()
        long_ago = datetime.now(UTC) - timedelta(days=1)
        self._kinds = {
            "good": self.authority.issue_cert(*_NAMES),
            "of another authority": other.issue_cert(*_NAMES),
            "expired": self.authority.issue_cert(*_NAMES, not_after=long_ago),
            "for another name": self.authority.issue_cert("elsewhere.example"),
        }
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show("good")

    def show(self, kind: str) -> None:
        """Show that one from now on."""
        self._kinds[kind].configure_cert(self.context)


@dataclass
class Rig:
    """Everything on the way, and the client at its end."""

    server: Server
    proxy: Between
    wire: Wire
    certificates: Certificates
    folder: Path
    random: Random
    dead: float
    """Seconds after which a connection without another end is known to be dead."""
    token: str = "token-0"
    bends_streams: bool = False
    """Whether what comes through streams that are open is bent."""

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    # What faults do

    def show(self, certificate: str) -> None:
        self.certificates.show(certificate)

    def renew_token(self, *, plugin_knows: bool) -> None:
        """Another token is the only one that is taken."""
        self.token = f"token-{self.random.randrange(1 << 40)}"
        if plugin_knows:
            self._tell_plugin()
        self._gate()

    def elsewhere(self) -> None:
        """The server loses its store."""
        self.server.lose_store()
        self.proxy.server = self.server.url
        self.wire.cut()

    def compact(self) -> None:
        self.server.compact()

    def clear(self) -> None:
        """All is well again."""
        if self.bends_streams:
            # What is bent there stays so.
            self.bends_streams = False
            self.wire.cut()
        self.proxy.straighten()
        self.show("good")
        self._tell_plugin()
        self._gate()
        self.wire.clear()

    # How

    def _gate(self) -> None:
        right = f"Bearer {self.token}"
        refusal = b'{"kind":"Status","code":401,"reason":"Unauthorized","message":"Unauthorized"}'
        self.proxy.bend(lambda request: request.headers.get("Authorization") != right, answer(401, refusal))

    def _tell_plugin(self) -> None:
        said = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": self.token},
        }
        fresh = self.folder / "credential.new"
        fresh.write_text(json.dumps(said))
        # At once: a plugin may be reading it.
        fresh.replace(self.folder / "credential.json")

    def write_kubeconfig(self) -> None:
        plugin = self.folder / "plugin"
        plugin.write_text(f'#!/bin/sh\nexec cat "{self.folder}/credential.json"\n')
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
        self._tell_plugin()
        authority = self.folder / "ca.pem"
        self.certificates.authority.cert_pem.write_to_path(str(authority))
        named = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": str(plugin)}
        address = f"https://{self.wire.host}:{self.wire.port}"
        config = {
            "current-context": "chaos",
            "contexts": [{"name": "chaos", "context": {"cluster": "chaos", "user": "chaos"}}],
            "clusters": [{"name": "chaos", "cluster": {"server": address, "certificate-authority": str(authority)}}],
            "users": [{"name": "chaos", "user": {"exec": named}}],
        }
        self.kubeconfig.write_text(json.dumps(config))


@contextmanager
def rig_on(server: Server, dead: float, *, seed: int, remote: bool = False) -> Iterator[Rig]:
    """A rig on that server. `remote` is an address to which compressed lists are worth their while."""
    certificates = Certificates()
    with (
        tempfile.TemporaryDirectory(prefix="ktui-chaos-") as folder,
        between(server.url, certificates.context) as proxy,
        wired(proxy, _NAMES[remote]) as wire,
    ):
        proxy.keeps_login = False
        rig = Rig(server, proxy, wire, certificates, Path(folder), Random(seed), dead)
        rig.write_kubeconfig()
        rig.clear()
        try:
            yield rig
        finally:
            rig.clear()


@asynccontextmanager
async def rigged(server: Server, times: Times, *, seed: int, remote: bool = False) -> AsyncIterator[tuple[Rig, Client]]:
    """A rig, and ktui without a screen at its end."""
    with rig_on(server, times.dead, seed=seed, remote=remote) as rig:
        async with Client(rig.kubeconfig, times, rig.server).running() as client:
            try:
                yield rig, client
            finally:
                rig.clear()


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0

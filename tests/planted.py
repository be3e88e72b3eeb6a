"""Secrets planted wherever one may be: in the objects of a cluster, and in each way to log in to it.

The planted credentials are those of a kubeconfig, its plugin, its environment. In the cluster they stand in values of
variables, arguments, annotations, connection strings, messages and logs, as far as a name or a shape tells them.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from ktui.sim import SimulatedCluster
from tests.masquerade import masquerade
from tests.sim.certificates import issued
from tests.tui.conftest import Stage

KINDS: Final = (
    *("token", "password", "token of a file", "token of a plugin", "variable of a plugin", "argument of a plugin"),
    *("said by a plugin", "proxy", "key", "address", "variable", "connection string", "argument", "next argument"),
    *("annotation", "change-cause", "message of a registry", "log", "URL", "header", "basic", "JWT", "private key"),
)
SECRETS: Final = {kind: f"pl4ntedS3cret{at:02}x" for at, kind in enumerate(KINDS)}
SOURCES: Final = ("kubeconfig", "token-file", "plugin", "environment")
"""The files that the secrets are planted in."""

IN_OBJECTS: Final = {
    "plantedvar": SECRETS["variable"],
    "plantedconn": f"Server=db;User ID=app;Password={SECRETS['connection string']};Encrypt=True",
    "plantedurl": f"postgres://app:{SECRETS['URL']}@db:5432/app",
    "plantedarg": f"--db-password={SECRETS['argument']}",
    "plantednext": SECRETS["next argument"],
    "plantednote": SECRETS["annotation"],
    "plantedcause": f"deployed with token={SECRETS['change-cause']}",
    "plantedhead": f"curl -H 'Authorization: Bearer {SECRETS['header']}' -u me:{SECRETS['basic']} x",
    "plantedjwt": f"eyJhbGciOiJIUzI1NiJ9.eyJ{SECRETS['JWT']}.c2ln",
    "plantedkey": f"-----BEGIN PRIVATE KEY-----\n{SECRETS['private key']}\n-----END PRIVATE KEY-----",
    "failed to pull and unpack image": f"https://puller:{SECRETS['message of a registry']}@registry/v2: failed to pull",
    "exiting with code": f"password={SECRETS['log']} exiting with code",
}


@dataclass
class Found:
    """All that ktui wrote, by where."""

    texts: dict[str, str] = field(default_factory=dict)

    def keep(self, where: str, text: str) -> None:
        self.texts[where] = self.texts.get(where, "") + text

    @property
    def leaks(self) -> list[str]:
        return sorted(
            f"{kind}: {where}: {text[max(0, at - 60) : at + 30]!r}"
            for where, text in self.texts.items()
            for kind, secret in SECRETS.items()
            for form in (secret, b64encode(secret.encode()).decode().rstrip("="))
            if (at := text.find(form)) >= 0
        )


@dataclass
class Planted:
    """Where the secrets are, and the homes of what is asked."""

    folder: Path
    url: str
    authority: Path
    stage: Stage

    def kubeconfig(self, name: str, **user: Any) -> str:
        path = self.folder / f"kubeconfig-{name}"
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "prod",
            "clusters": [{"name": "prod", "cluster": cluster}],
            "users": [{"name": "me", "user": user}],
            "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "me", "namespace": "shop"}}],
        }
        path.write_text(yaml.safe_dump(document))
        return str(path)


@contextmanager
def planted_in(folder: Path) -> Iterator[Planted]:
    """A cluster with the secrets, behind TLS."""
    cluster = SimulatedCluster(seed=5, name="prod")
    files = issued(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.certificate, files.key)
    with cluster.serving():
        stage = Stage(cluster, folder)
        container = {
            "name": "web",
            "args": ["plantedarg", "--token", "plantednext", "plantedhead"],
            "env": [
                {"name": name, "value": value}
                for name, value in {
                    "DB_PASSWORD": "plantedvar",
                    "STORE": "plantedconn",
                    "DATABASE": "plantedurl",
                    "LOGIN": "plantedjwt",
                    "SIGNS": "plantedkey",
                }.items()
            ],
        }
        notes = {"vendor.io/token": "plantednote", "kubernetes.io/change-cause": "plantedcause"}

        def roll_out(name: str, tag: str) -> None:
            labels, image = {"app": name}, {"image": f"registry.example/shop/{name}:{tag}"}
            template = {
                "metadata": {"labels": labels, "annotations": notes},
                "spec": {"containers": [container | image]},
            }
            cluster.apply(
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": name, "namespace": "shop", "labels": labels, "annotations": notes},
                    "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
                }
            )

        roll_out("web", "1.0")
        roll_out("cart", "1.0")
        cluster.settle()
        roll_out("web", "nopull")
        roll_out("cart", "crash")
        stage.advance(90)
        cluster.pause()
        with masquerade(cluster.url, tls) as guise:
            guise.words = IN_OBJECTS
            guise.kept = ("Accept", "Content-Type")
            yield Planted(folder, guise.url, folder / "ca.pem", stage)
        stage.close()


def credentials(planted: Planted, home: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Ways to log in, each with a secret, as a kubeconfig and the environment that goes with it."""
    (home / "token-file").write_text(SECRETS["token of a file"])
    plugin = home / "plugin"
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    said = json.dumps(answer | {"status": {"token": SECRETS["token of a plugin"]}})
    plugin.write_text(
        '#!/bin/sh\n[ "$FAILS" ] && { echo "login with token=$FAILS and $1 failed: Bearer $SECRET" >&2; exit 3; }\n'
        f'[ "$ODD" ] && {{ echo \'{{"status": {{"token": ["\'$ODD\'"]}}}}\'; exit 0; }}\ncat <<X\n{said}\nX\n'
    )
    plugin.chmod(0o700)

    def exec_with(**variables: str) -> dict[str, Any]:
        given = variables | {"SECRET": SECRETS["variable of a plugin"]}
        return {
            "apiVersion": "client.authentication.k8s.io/v1",
            "interactiveMode": "Never",
            "command": str(plugin),
            "args": [f"--client-secret={SECRETS['argument of a plugin']}"],
            "env": [{"name": name, "value": value} for name, value in given.items()],
        }

    key = b64encode(f"-----BEGIN PRIVATE KEY-----\n{SECRETS['key']}\n-----END PRIVATE KEY-----".encode()).decode()
    users: dict[str, dict[str, Any]] = {
        "token": {"token": SECRETS["token"]},
        "bent": {"token": f"{SECRETS['token']}\n\x1b"},
        "number": {"token": {SECRETS["token"]: 1}},
        "basic": {"username": "me", "password": SECRETS["password"]},
        "file": {"tokenFile": str(home / "token-file")},
        "plugin": {"exec": exec_with()},
        "failing": {"exec": exec_with(FAILS=SECRETS["said by a plugin"])},
        "odd": {"exec": exec_with(ODD=SECRETS["said by a plugin"])},
        "key": {"client-key-data": key, "client-certificate-data": key},
    }
    made: dict[str, tuple[str, dict[str, str]]] = {
        name: (planted.kubeconfig(name, **user), {}) for name, user in users.items()
    }
    proxy = {"HTTPS_PROXY": f"http://me:{SECRETS['proxy']}@127.0.0.1:9"}
    address = Path(planted.kubeconfig("address", token=SECRETS["token"]))
    address.write_text(address.read_text().replace("https://", f"https://me:{SECRETS['address']}@"))
    in_file = Path(planted.kubeconfig("in-file", token=SECRETS["token"]))
    in_file.write_text(
        in_file.read_text().replace("server:", f"proxy-url: http://me:{SECRETS['proxy']}@127.0.0.1:9\n    server:")
    )
    return made | {
        "proxy": (made["token"][0], proxy),
        "address": (str(address), {}),
        "in-file": (str(in_file), {}),
    }

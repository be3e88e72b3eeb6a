"""Secrets that are planted wherever one may be, and looked for wherever ktui writes: none is there.

The planted credentials are those of a kubeconfig, its plugin, its environment. In the cluster they stand in values of
variables, arguments, annotations, connection strings, messages and logs, as far as a name or a shape tells them.
"""

from __future__ import annotations

import json
import os
import ssl
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ktui.cli.exit_codes import BUG
from ktui.cli.root import main
from ktui.kube.auth.credentials import Credentials
from ktui.kube.auth.kubeconfig import Kubeconfig
from ktui.kube.connection import Connection
from ktui.kube.exchange import Exchange
from ktui.live.live import Live
from ktui.model.store import Store
from ktui.redaction import MASK
from ktui.sim import SimulatedCluster
from tests.masquerade import masquerade
from tests.sim.certificates import issued
from tests.terminal import Terminal
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


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("planted")
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


# What commands write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("KTUI_") or name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


@dataclass
class Run:
    """The command line in this process; all that it writes is kept."""

    found: Found
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main(list(arguments))
        written = self.capsys.readouterr()
        self.found.keep(" ".join(each for each in arguments if "/" not in each), written.out + written.err)
        return code


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(Found(), capsys)


def files_of(home: Path) -> Iterator[tuple[str, str]]:
    """Every file that was written."""
    for path in home.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(home)), path.read_bytes().decode("utf-8", "replace")


SCREENS: Final = (
    ("", "web", "cart"),
    ("\r", "REVISIONS AND PODS"),
    ("j\r", "Pod shop/"),
    ("y", "kind: Pod"),
    ("\x1b", "REVISIONS AND PODS"),
    ("\t\r", "TRY"),
    ("\x1b", "REVISIONS AND PODS"),
    ("h", "WHAT CHANGED"),
    ("y", "image:"),
    ("Y", "containers:"),
    ("\x1b", "REVISIONS AND PODS"),
    ("e", "TIMELINE"),
    ("\x1b", "REVISIONS AND PODS"),
    ("l", "exiting with code"),
    ("\x1b", "REVISIONS AND PODS"),
    ("b", "Roll back"),
    ("\x1b", "REVISIONS AND PODS"),
    ("i", "Set the image"),
    ("\x1b", "REVISIONS AND PODS"),
    ("M", "THE NEWEST FIRST"),
    ("\x1b", "REVISIONS AND PODS"),
    ("\x1b", "q quit"),
)
"""Keys, and what is on the screen that each opens."""

QUESTIONS: Final = ("b", "i")
"""Keys that ask something, over the screen that they are pressed on."""


def test_no_screen_shows_one(planted: Planted, home: Path) -> None:
    found, config = Found(), planted.kubeconfig("token", token=SECRETS["token"])
    with Terminal.python(
        "-m", "ktui", "--kubeconfig", config, "-n", "shop", home=home, columns=120, rows=50
    ) as terminal:
        question = ""
        for keys, *shown in SCREENS:
            terminal.press(keys)
            terminal.sees(*shown)
            # What is behind a question is in sight while it is asked.
            terminal.until(lambda screen, gone=question: not gone or gone not in screen, f"no {question!r}")  # type: ignore[misc]
            question = shown[0] if keys in QUESTIONS else ""
            terminal.rests()
            found.keep(repr(keys), terminal.text)
        found.keep("the terminal", terminal.raw.decode("utf-8", "replace"))
    for name, text in files_of(home):
        found.keep(name, text)
    assert found.leaks == [], "\n".join(found.leaks)
    masked = [where for where, text in found.texts.items() if MASK in text]
    assert len(masked) >= 4, masked


COMMANDS: Final = (
    ("get", "-A"),
    ("get", "-o", "json"),
    ("get", "-o", "yaml"),
    ("status", "web", "--timeout", "1s", "--junit", "report.xml"),
    ("status", "cart", "--timeout", "1s", "-o", "json"),
    ("history", "web"),
    ("history", "web", "--revision", "2"),
    ("history", "cart", "-o", "json"),
    ("diff", "web"),
    ("diff", "web", "--yaml"),
    ("timeline", "web"),
    ("timeline", "cart", "-o", "yaml"),
    ("logs", "cart"),
    ("resources", "web"),
    ("report",),
    ("audit",),
    ("audit", "-o", "json"),
    ("rollback", "web", "--dry-run", "-o", "json"),
    ("set-image", "web", "web=registry.example/shop/web:3.0", "--dry-run"),
    ("pause", "web", "--yes"),
    ("resume", "web", "--yes"),
    ("canary", "cart", "--image", "cart=cart:4.0", "--pods", "1", "--dry-run"),
    ("restart", "cart", "--yes"),
    ("get", "nothing-such"),
)


def test_no_command_writes_one(planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    config = planted.kubeconfig("token", token=SECRETS["token"])
    codes = {arguments: run("--kubeconfig", config, "-n", "shop", *arguments) for arguments in COMMANDS}
    # What a person types is repeated to that person, and kept without it.
    Run(Found(), run.capsys)(
        *("--kubeconfig", config, "-n", "shop", "restart", "web", "--yes"),
        *("--change-cause", f"because token={SECRETS['change-cause']}"),
    )
    for name, text in files_of(home):
        run.found.keep(name, text)
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    assert f"because token={MASK}" in run.found.texts["state/ktui/audit.jsonl"]
    assert sum(code == 0 for code in codes.values()) > len(COMMANDS) // 2, run.found.texts
    assert "audit.jsonl" in " ".join(run.found.texts)
    assert "report.xml" in run.found.texts
    masked = [where for where, text in run.found.texts.items() if MASK in text]
    assert len(masked) >= 5, masked


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


def test_no_login_is_seen_whether_it_works_or_not(
    planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {}
    for name, (config, environment) in credentials(planted, home).items():
        with monkeypatch.context() as around:
            for variable, value in environment.items():
                around.setenv(variable, value)
            run.found.texts[name] = ""
            codes[name] = run("--kubeconfig", config, "get")
            run.found.keep(name, run.found.texts.pop("--kubeconfig get", "").replace("--kubeconfig", ""))
    for name, text in files_of(home):
        if name not in SOURCES:
            run.found.keep(name, text)
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    worked = [name for name, code in codes.items() if code == 0]
    assert worked == ["token", "basic", "file", "plugin", "proxy"], run.found.texts
    assert set(codes.values()) == {0, 1}


# What is left of a crash


SITES: Final[tuple[tuple[type, str], ...]] = (
    *((Credentials, name) for name in ("identity", "_usable", "_read_again", "_renewed", "_run_plugin", "_build")),
    *((Connection, name) for name in ("request", "_accepted", "_pool", "stream")),
    *((Exchange, name) for name in ("translated", "body")),
    *((Kubeconfig, name) for name in ("target",)),
    *(
        (Store, name)
        for name in ("apply", "_put", "_owner", "_touch", "workloads", "_last_version", "pods", "_siblings")
    ),
    *((Live, name) for name in ("apply", "_begin")),
)
"""What is called when a cluster is asked and its objects are taken in, with a secret near."""


def test_no_crash_tells_one(planted: Planted, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config, crashes = credentials(planted, home)["plugin"][0], 0
    for cls, name in SITES:

        def fails(self: object, *given: object, **named: object) -> None:
            secret = SECRETS["token"]
            raise RuntimeError(f"Authorization: Bearer {secret}", vars(self), given, named)

        with monkeypatch.context() as around:
            around.setattr(cls, name, fails)
            crashes += run("--kubeconfig", config, "get") == BUG
    for name, text in files_of(home):
        if name not in SOURCES:
            run.found.keep(name, text)
    log = run.found.texts["state/ktui/crash.log"]
    assert run.found.leaks == [], "\n".join(run.found.leaks)
    assert (crashes, log.count("Traceback (most")) == (20, 20)

"""A real control plane from the binaries of kubebuilder-tools: etcd, kube-apiserver, kube-controller-manager."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

TOKEN = "admin-of-a-test"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def running(binary: Path, *flags: str, log: Path) -> Iterator[None]:
    """A process that runs as long as the block does."""
    with log.open("wb") as output:
        process = subprocess.Popen([str(binary), *flags], stdout=output, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def control_plane(assets: Path, folder: Path) -> Iterator[Path]:
    """Start one in a folder of its own, without nodes; what is yielded is its kubeconfig."""
    client, peer, port = free_port(), free_port(), free_port()
    key = folder / "service-accounts.pem"
    key.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{TOKEN},admin,admin,"system:masters"\n', encoding="utf-8")
    kubeconfig = write_kubeconfig(folder / "kubeconfig", f"https://127.0.0.1:{port}")
    etcd = (
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{client}",
        f"--advertise-client-urls=http://127.0.0.1:{client}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
    )
    server = (
        f"--etcd-servers=http://127.0.0.1:{client}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
    )
    # Ten scenarios share it: at its usual 20 requests a second, its events would come when a scenario is long over.
    pace = ("--kube-api-qps=500", "--kube-api-burst=1000")
    manager = (f"--kubeconfig={kubeconfig}", "--leader-elect=false", "--secure-port=0", *pace)
    with ExitStack() as stack:
        stack.enter_context(running(assets / "etcd", *etcd, log=folder / "etcd.log"))
        stack.enter_context(running(assets / "kube-apiserver", *server, log=folder / "kube-apiserver.log"))
        wait_until_ready(f"https://127.0.0.1:{port}/readyz", folder / "kube-apiserver.log")
        log = folder / "kube-controller-manager.log"
        stack.enter_context(running(assets / "kube-controller-manager", *manager, log=log))
        yield kubeconfig


def write_kubeconfig(path: Path, url: str) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "real",
        "clusters": [{"name": "real", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def wait_until_ready(url: str, log: Path) -> None:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, context=unchecked, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"kube-apiserver did not get ready:\n{log.read_text(encoding='utf-8')[-2000:]}")

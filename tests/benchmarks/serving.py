"""The benchmarks' API server as a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.terminal import COLUMNS, ROOT, Terminal

DEPLOYMENTS = 200


@dataclass(frozen=True)
class Served:
    """A server that runs, with so many pods in so many Deployments."""

    url: str
    kubeconfig: Path
    pods: int
    rollouts: int
    deployments: int

    def ask(self, path: str) -> Any:
        """A document of the server's."""
        with urllib.request.urlopen(f"{self.url}{path}") as response:
            return json.load(response)

    def dashboard(self, *flags: str, columns: int = COLUMNS) -> Terminal:
        """ktui on this server."""
        return Terminal("-m", "ktui", "--kubeconfig", str(self.kubeconfig), *flags, columns=columns)

    def is_listed(self, text: str) -> bool:
        """Whether that text counts all rollouts."""
        return f"{self.deployments + 1 + self.rollouts} rollouts" in text

    def is_shown(self, text: str) -> bool:
        """Whether that text shows the whole cluster; the marker is a rollout without pods."""
        return self.is_listed(text) and f"{self.pods} pods" in text


@contextmanager
def served(
    pods: int,
    odd: int = 0,
    rollouts: int = 0,
    *,
    deployments: int = DEPLOYMENTS,
    delay_ms: int = 0,
    megabits: int = 0,
) -> Iterator[Served]:
    """Serve a cluster of so many pods, odd objects and Argo Rollouts, for as long as the block runs.

    With a delay, each connection and each answer take so many milliseconds longer; megabits are the line's, a second.
    """
    numbers = (pods, deployments, odd, rollouts, delay_ms, megabits)
    command = [sys.executable, "-m", "tests.benchmarks.server", *map(str, numbers)]
    with (
        tempfile.TemporaryDirectory(prefix="ktui-bench-") as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process,
    ):
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            file = Path(folder) / "kubeconfig"
            file.write_text(json.dumps(_kubeconfig(url)))
            yield Served(url, file, pods, rollouts, deployments)
        finally:
            process.kill()


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{"name": "bench", "cluster": {"server": url}}],
        "users": [{"name": "bench", "user": {}}],
    }

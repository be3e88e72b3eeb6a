"""The real kubectl, run against a simulated cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
KUBECTL = Path(sys.executable).parent / "kubectl"

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:1.0
        ports: [{containerPort: 80}]
        resources: {requests: {cpu: 100m}}
"""


@dataclass(frozen=True)
class Said:
    """What a kubectl command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl as one user in one namespace."""

    kubeconfig: Path
    home: Path
    namespace: str

    def __call__(self, *arguments: str, stdin: str = "", editor: str = "false") -> Said:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "KUBE_EDITOR": editor,
            "GOGC": os.environ["GOGC"],
        }
        command = [str(KUBECTL), "--namespace", self.namespace, *arguments]
        ran = subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return Said(ran.returncode, ran.stdout, ran.stderr)

    def ok(self, *arguments: str, stdin: str = "", editor: str = "false") -> str:
        """The output of a command that must succeed."""
        said = self(*arguments, stdin=stdin, editor=editor)
        assert said.code == 0, said.err
        return said.out

    def read(self, *arguments: str) -> JSON:
        """An object, as ``get -o json`` prints it."""
        found: JSON = json.loads(self.ok("get", *arguments, "-o", "json"))
        return found

    def until_rolled_out(self) -> None:
        said = self.ok("rollout", "status", "deployment/web", "--timeout=60s").splitlines()
        assert said[-1] == 'deployment "web" successfully rolled out'


def column(table: str, heading: str) -> list[str]:
    """The cells below a heading, in a table that kubectl printed."""
    head, *rows = table.splitlines()
    headings = [name for name in head.replace("NODE SELECTOR", "NODE-SELECTOR").split("  ") if name]
    at = [name.strip() for name in headings].index(heading)
    return [[cell for cell in row.split("  ") if cell][at].strip() for row in rows]

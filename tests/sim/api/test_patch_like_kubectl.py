"""Patches as kubectl itself applies them: ``kubectl patch --local`` runs Kubernetes' own implementation.

The documents and patches are made up at random, over lists that merge by key, sets, atomic lists and directives.
"""

import copy
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, apply_patch

JSON = dict[str, Any]
KUBECTL = Path(sys.executable).parent / "kubectl"
TYPES = {STRATEGIC_PATCH: "strategic", MERGE_PATCH: "merge", JSON_PATCH: "json"}


def _as_kubectl_does(current: JSON, patch: Any, content_type: str, folder: Path) -> JSON:
    file = folder / "object.json"
    file.write_text(json.dumps(current))
    command = [str(KUBECTL), "patch", "--local", f"--filename={file}", "--output=json"]
    command += [f"--type={TYPES[content_type]}", f"--patch={json.dumps(patch)}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env={"HOME": str(folder)})
    patched: JSON = json.loads(ran.stdout)
    return patched


class _Maker:
    """Makes documents and patches of a pod, from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def pod(self) -> JSON:
        metadata = {"name": "p", "labels": self._labels(), "finalizers": self._some(["a/a", "b/b", "c/c"])}
        spec = {
            "containers": [self._container(name) for name in self._some(["c1", "c2", "c3"], least=1)],
            "volumes": [{"name": name, "emptyDir": {}} for name in self._some(["v1", "v2"])],
            "tolerations": [{"key": key, "operator": "Exists"} for key in self._some(["k1", "k2"])],
            "hostAliases": [{"ip": ip, "hostnames": ["h"]} for ip in self._some(["1.1.1.1", "2.2.2.2"])],
            "nodeSelector": self._labels(),
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def _labels(self) -> JSON:
        return {key: self.chance.choice("xyz") for key in self._some(["l1", "l2", "l3"])}

    def _some(self, choices: list[str], least: int = 0) -> list[str]:
        return self.chance.sample(choices, self.chance.randint(least, len(choices)))

    def _container(self, name: str) -> JSON:
        return {
            "name": name,
            "image": self.chance.choice(["i:1", "i:2"]),
            "args": self._some(["a", "b"]),
            "env": [{"name": key, "value": self.chance.choice("12")} for key in self._some(["A", "B", "C"])],
            "ports": [{"containerPort": int(port), "name": f"p{port}"} for port in self._some(["80", "81"])],
            "volumeMounts": [{"name": "v1", "mountPath": path} for path in self._some(["/a", "/b"])],
        }

    def strategic(self) -> JSON:
        patch = self._thinned(self.pod())
        patch["spec"].update(self._directives("containers", "name", patch["spec"].get("containers", [])))
        for container in patch["spec"].get("containers", []):
            container.update(self._directives("env", "name", container.get("env", [])))
            if self.chance.random() < 0.3:
                container["image"] = None
        if self.chance.random() < 0.3:
            kept = patch["metadata"].get("finalizers", [])
            gone = [name for name in self._some(["a/a", "b/b"]) if name not in kept]
            patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = gone
        return patch

    def _thinned(self, pod: JSON) -> JSON:
        for section in (pod["metadata"], pod["spec"], *pod["spec"]["containers"]):
            for field in [field for field in section if field != "name" and self.chance.random() < 0.4]:
                del section[field]
        return pod

    def _directives(self, field: str, key: str, items: list[JSON]) -> JSON:
        if not items:
            return {}
        if self.chance.random() < 0.3:
            return {field: [*items, {"$patch": "delete", key: self.chance.choice(["A", "c1", "c2"])}]}
        if self.chance.random() < 0.4:
            order = [{key: item[key]} for item in items]
            order.insert(self.chance.randint(0, len(order)), {key: self.chance.choice(["A", "c1", "other"])})
            return {f"$setElementOrder/{field}": order}
        if self.chance.random() < 0.2:
            return {field: [*items, {"$patch": "replace"}]}
        return {}

    def merge(self) -> JSON:
        patch = self._thinned(self.pod())
        if self.chance.random() < 0.5:
            patch["spec"]["nodeSelector"] = None
        return patch

    def json(self, pod: JSON) -> list[JSON]:
        operations: list[JSON] = [
            {"op": "test", "path": "/metadata/name", "value": "p"},
            {"op": "add", "path": "/metadata/labels/new~1key", "value": "x"},
            {"op": "replace", "path": "/spec/containers/0/image", "value": "i:3"},
            {"op": "add", "path": "/spec/tolerations/-", "value": {"key": "k3", "operator": "Exists"}},
            {"op": "copy", "from": "/spec/containers/0/image", "path": "/spec/schedulerName"},
            {"op": "move", "from": "/spec/nodeSelector", "path": "/metadata/annotations"},
            {"op": "remove", "path": "/spec/hostAliases"},
        ]
        return [operation for operation in operations if self.chance.random() < 0.7]


def _plain(value: Any) -> Any:
    """Without what no typed object has: nulls, empty lists and maps, and directives that came with a new item."""
    if isinstance(value, dict):
        plain = {key: _plain(inner) for key, inner in value.items() if not key.startswith("$")}
        return {key: inner for key, inner in plain.items() if inner not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(item) for item in value if not (isinstance(item, dict) and "$patch" in item)]
    return value


@pytest.mark.parametrize("seed", range(40))
def test_a_strategic_patch_does_what_kubectl_does(seed: int, tmp_path: Path) -> None:
    maker = _Maker(seed)
    _compare(maker.pod(), maker.strategic(), STRATEGIC_PATCH, tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_a_merge_patch_does_what_kubectl_does(seed: int, tmp_path: Path) -> None:
    maker = _Maker(seed)
    _compare(maker.pod(), maker.merge(), MERGE_PATCH, tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_a_json_patch_does_what_kubectl_does(seed: int, tmp_path: Path) -> None:
    maker = _Maker(seed)
    pod = maker.pod()
    _compare(pod, maker.json(pod), JSON_PATCH, tmp_path)


def _compare(current: JSON, patch: Any, content_type: str, folder: Path) -> None:
    wanted = _as_kubectl_does(copy.deepcopy(current), patch, content_type, folder)
    made = apply_patch(content_type, current, json.dumps(patch).encode(), "Pod")
    assert _plain(made) == _plain(wanted), json.dumps(patch)

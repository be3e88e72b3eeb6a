"""What a release is made with: the manifest of krew, the image, the workflows. No network is needed."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
KREW = ROOT / "packaging" / "krew"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def krew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("krew")
    subprocess.run([str(KREW / "make"), "1.2.3", "someone/ktui", str(folder)], check=True)
    return folder


def test_the_manifest_is_one_that_krew_takes(krew: Path) -> None:
    """Krew's documentation, Writing Krew plugin manifests."""
    text = (krew / "ktui.yaml").read_text(encoding="utf-8")
    manifest = yaml.safe_load(text)
    assert "@" not in text
    assert (manifest["apiVersion"], manifest["kind"]) == ("krew.googlecontainertools.github.com/v1alpha2", "Plugin")
    assert manifest["metadata"] == {"name": "ktui"}, "as the file is called"
    spec = manifest["spec"]
    assert spec["version"] == "v1.2.3"
    assert 0 < len(spec["shortDescription"]) <= 50
    assert not spec["shortDescription"].endswith(".")
    (platform,) = spec["platforms"]
    assert platform["uri"] == "https://github.com/someone/ktui/releases/download/v1.2.3/kubectl-ktui.tar.gz"
    archive = krew / "kubectl-ktui.tar.gz"
    assert platform["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    with tarfile.open(archive) as content:
        names = {each.name: each.mode & 0o111 for each in content}
    assert {each["from"] for each in platform["files"]} == set(names) == {"LICENSE", platform["bin"]}
    assert names[platform["bin"]]


def test_the_archive_is_the_same_each_time(krew: Path, tmp_path: Path) -> None:
    subprocess.run([str(KREW / "make"), "1.2.3", "someone/ktui", str(tmp_path)], check=True)
    assert (tmp_path / "kubectl-ktui.tar.gz").read_bytes() == (krew / "kubectl-ktui.tar.gz").read_bytes()


@pytest.mark.parametrize("runner", ["uvx", "pipx", ""])
def test_the_plugin_runs_this_version(krew: Path, tmp_path: Path, runner: str) -> None:
    with tarfile.open(krew / "kubectl-ktui.tar.gz") as content:
        content.extract("kubectl-ktui", tmp_path, filter="data")
    if runner:
        stand_in = tmp_path / runner
        stand_in.write_text('#!/bin/sh\necho "$0 $@"\n')
        stand_in.chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", str(tmp_path / "kubectl-ktui"), "get", "-A"],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if runner:
        assert re.search(r"ktui-rollouts==1\.2\.3 kubectl-ktui get -A$", ran.stdout.strip())
    else:
        assert (ran.returncode, ran.stdout) == (127, "")
        assert "uv or pipx" in ran.stderr


def test_the_image_runs_as_nobody_and_holds_only_the_wheel() -> None:
    lines = [
        line.split(maxsplit=1)
        for line in (ROOT / "packaging" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        if line and not line.startswith("#")
    ]
    stages = [at for at, (word, _) in enumerate(lines) if word == "FROM"]
    last = dict(lines[stages[-1] :])
    user, _, group = last["USER"].partition(":")
    assert int(user) > 0, "a number: Kubernetes cannot tell for a name that it is not root"
    assert int(group) > 0
    assert last["ENTRYPOINT"] == '["ktui"]'
    assert all(re.search(r":[\d.]+", rest) for word, rest in lines if word == "FROM"), "no tag that moves on its own"
    assert "ADD" not in dict(lines)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored == ["*", "!dist/*.whl"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_no_more_rights_than_they_need(path: Path) -> None:
    made = workflow(path)
    assert made["permissions"] == {"contents": "read"}
    for name, job in made["jobs"].items():
        for step in job.get("steps", ()):
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@(v\d+|release/v1)", step["uses"]), step["uses"]
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False, name
            assert "secrets." not in str(step), "nothing is published with a stored token"


def test_a_release_is_tested_built_attested_and_published_in_this_order() -> None:
    jobs = workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["build"]["needs"] == "test"
    assert jobs["publish"]["needs"] == jobs["image"]["needs"] == "build"
    assert set(jobs["notes"]["needs"]) == {"publish", "image"}
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    built = str(jobs["build"]["steps"])
    for part in ("sha256sum", "cyclonedx-py", "attest-build-provenance", "attest-sbom", "packaging/krew/make"):
        assert part in built

"""The files around the code agree with it: versions of Python, workflows, hooks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_every_version_that_is_promised_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert read(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"] == promised
    assert project["requires-python"] == f">={promised[0]}"


def test_hooks_and_workflows_run_the_commands_that_a_person_runs() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    hooks = {hook["id"]: hook["entry"] for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}
    assert hooks["check"] == "make check"
    assert "check" in targets
    named = re.findall(r"tests/\w+\.py", hooks["documents"])
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
    steps = read(".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    assert ".ci/run" in [step.get("run") for step in steps]
    assert read(".github/workflows/release.yml")["jobs"]["test"]["uses"] == "./.github/workflows/ci.yml"


def test_forms_ask_for_no_secrets() -> None:
    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
    assert len(forms) == 2
    for form in forms:
        fields = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
        assert len({field["id"] for field in fields}) == len(fields) > 1

"""The pod template of a workload in a manifest file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ktui.cli import printing, standard_input
from ktui.kube.auth import go_yaml
from ktui.model.reference import Reference
from ktui.rollout.revisions import template_of
from ktui.text import clean


def read_template(file: str, reference: Reference) -> dict[str, Any]:
    """The template of the workload that is named, from YAML or JSON; `-` is standard input. Raises UsageError."""
    try:
        if file == "-":
            file = "Standard input"
            if sys.stdin.isatty():
                printing.remark("Reading the manifest from standard input; Ctrl-D ends it.")
            content = standard_input.read_all()
        else:
            content = standard_input.read_file(Path(file))
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        documents = go_yaml.load_all(content)
    except go_yaml.NotYaml as error:
        where = f" ({error})" if error.line else ""
        raise click.UsageError(f"{file} is neither YAML nor JSON that kubectl could read{where}.") from error
    found = [each for document in documents for each in _workloads(document, reference.kind)]
    for each in found:
        if _name(each) == reference.name:
            return _template(each, file)
    there = ", ".join(clean(_name(each)) for each in found) or "none"
    raise click.UsageError(f'{file} has no {reference.kind} "{reference.name}"; available: {there}.')


def _workloads(document: Any, kind: str) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    if document.get("kind") == kind:
        yield document
    elif document.get("kind") == "List" and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _workloads(item, kind)


def _name(workload: dict[str, Any]) -> str:
    meta = workload.get("metadata")
    return str(meta.get("name", "")) if isinstance(meta, dict) else ""


def _template(workload: dict[str, Any], file: str) -> dict[str, Any]:
    spec, kind = workload.get("spec"), workload["kind"]
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(template, dict) or not isinstance(template.get("spec"), dict):
        raise click.UsageError(f"{file}: the {kind} has no pod template.")
    return template_of(workload)

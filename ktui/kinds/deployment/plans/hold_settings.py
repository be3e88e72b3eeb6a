"""The settings of a hold in a patch: put on, made larger, taken off again (docs/semantics.md, Hold a canary)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.objects import HOLD_SECONDS, LAST_APPLIED, NO_DEADLINE, ReplicaSet
from ktui.model.reading import NotRead, read
from ktui.plans.patch import Draft
from ktui.plans.wording import command
from ktui.rollout.bounds import DEFAULT_SHARE
from ktui.rollout.hold import ANNOTATION, Record, Saved
from ktui.text import clean, duration

_SECONDS: Final = ("spec", "minReadySeconds")
_DEADLINE: Final = ("spec", "progressDeadlineSeconds")
_STRATEGY: Final = ("spec", "strategy")
_ANNOTATION: Final = ("metadata", "annotations", ANNOTATION)

_DEFAULT_DEADLINE: Final = 600
"""Seconds that the API server fills in where no deadline is given."""


class Limits(NamedTuple):
    """Surge and unavailability, in pods, that hold a canary at one size."""

    surge: int
    unavailable: int


def limits_for(pods: int, desired: int, old: int, *, surge: bool) -> Limits:
    """What brings a canary to that many pods, and keeps it there, beside so many old ones.

    No new pod counts as available, so the controller stops where the old pods are `desired - unavailable`, and all
    pods together `desired + surge`. Old pods never come back while a canary is held: those that scaling took stay away.
    """
    if not surge:
        return Limits(0, min(pods, desired))
    kept = min(old, desired)
    extra = max(0, kept + pods - desired)
    return Limits(extra, pods - extra)


def save(raw: dict[str, Any]) -> Saved:
    """The settings of a Deployment that holds nothing yet."""
    spec = raw["spec"]
    return Saved(
        min_ready_seconds=spec.get("minReadySeconds", UNSET),
        progress_deadline_seconds=spec.get("progressDeadlineSeconds", UNSET),
        strategy=spec.get("strategy", UNSET),
    )


def guess(raw: dict[str, Any], old: ReplicaSet | None) -> Saved:
    """The settings before a hold that nobody wrote down: those of the manifest that was applied, else the API's own.

    An old ReplicaSet keeps the minReadySeconds that it was made with.
    """
    spec = _applied(raw)
    seconds = spec.get("minReadySeconds")
    if seconds is None and old is not None and old.spec.min_ready_seconds != HOLD_SECONDS:
        seconds = old.spec.min_ready_seconds
    deadline = spec.get("progressDeadlineSeconds")
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    limits = {name: rolling.get(name, DEFAULT_SHARE) for name in ("maxSurge", "maxUnavailable")}
    return Saved(
        min_ready_seconds=seconds if isinstance(seconds, int) and seconds else UNSET,
        progress_deadline_seconds=deadline if isinstance(deadline, int) else _DEFAULT_DEADLINE,
        strategy={"type": "RollingUpdate", "rollingUpdate": limits},
    )


def _applied(raw: dict[str, Any]) -> dict[str, Any]:
    text = (raw["metadata"].get("annotations") or {}).get(LAST_APPLIED, "{}")
    try:
        spec = read(_applied_config, text).spec
    except NotRead:
        return {}
    held = spec.get("minReadySeconds") == HOLD_SECONDS
    return {} if held else spec


class _Applied(msgspec.Struct):
    spec: dict[str, Any] = {}


_applied_config: Final = msgspec.json.Decoder(_Applied)


def put_on(draft: Draft, record: Record) -> None:
    """Hold, with the record of it. Belongs into one patch with the canary's template."""
    draft.put(_SECONDS, HOLD_SECONDS)
    draft.put(_DEADLINE, NO_DEADLINE)
    draft.put(_STRATEGY, strategy_of(record))
    draft.put(_ANNOTATION, written(record))


def resize(draft: Draft, record: Record) -> None:
    """Hold at another size."""
    draft.put(_STRATEGY, strategy_of(record))
    draft.put(_ANNOTATION, written(record))


def take_off(draft: Draft, saved: Saved) -> None:
    """Bring the saved settings back; what was absent goes. The record goes with the hold."""
    for path, value in (
        (_SECONDS, saved.min_ready_seconds),
        (_DEADLINE, saved.progress_deadline_seconds),
        (_STRATEGY, saved.strategy),
    ):
        if value is UNSET:
            draft.remove(path)
        else:
            draft.put(path, value)
    forget(draft)


def forget(draft: Draft) -> None:
    """Take the record away."""
    draft.remove(_ANNOTATION)


def strategy_of(record: Record) -> dict[str, Any]:
    """The strategy that holds a canary."""
    rolling = {"maxSurge": record.max_surge, "maxUnavailable": record.max_unavailable}
    return {"type": "RollingUpdate", "rollingUpdate": rolling}


def written(record: Record) -> str:
    """The record as the annotation has it."""
    return msgspec.json.encode(record).decode()


def in_words(saved: Saved) -> str:
    """The saved settings in words: `minReadySeconds 5s, deadline 10m, surge 25%, unavailable 25%`."""
    seconds = 0 if saved.min_ready_seconds is UNSET else saved.min_ready_seconds
    deadline = saved.progress_deadline_seconds
    if deadline is UNSET:
        deadline = _DEFAULT_DEADLINE
    limit = "none" if deadline == NO_DEADLINE else duration(deadline)
    rolling = ({} if saved.strategy is UNSET else saved.strategy).get("rollingUpdate")
    limits = rolling if isinstance(rolling, dict) else {}
    return clean(
        f"minReadySeconds {seconds}, deadline {limit}, surge {limits.get('maxSurge', DEFAULT_SHARE)}, "
        f"unavailable {limits.get('maxUnavailable', DEFAULT_SHARE)}"
    )


def hold_command(subject: DeploymentSubject, record: Record, template: dict[str, Any] | None = None) -> str:
    """kubectl's way to put the settings on, with what changes of the template."""
    spec: dict[str, Any] = {
        "minReadySeconds": HOLD_SECONDS,
        "progressDeadlineSeconds": NO_DEADLINE,
        "strategy": strategy_of(record),
    }
    if template is not None:
        spec["template"] = template
    return _patch(subject, "strategic", spec)


def resize_command(subject: DeploymentSubject, record: Record) -> str:
    """kubectl's way to another size."""
    return _patch(subject, "merge", {"strategy": strategy_of(record)})


def record_command(subject: DeploymentSubject, record: Record) -> str:
    """kubectl's way to write the record."""
    return command(subject, "annotate", _name(subject), "--overwrite", f"{ANNOTATION}={written(record)}")


def forget_command(subject: DeploymentSubject) -> str:
    """kubectl's way to take the record away."""
    return command(subject, "annotate", _name(subject), f"{ANNOTATION}-")


def release_commands(subject: DeploymentSubject, saved: Saved) -> tuple[str, ...]:
    """kubectl's way to bring the saved settings back."""
    spec = {
        "minReadySeconds": None if saved.min_ready_seconds is UNSET else saved.min_ready_seconds,
        "progressDeadlineSeconds": None
        if saved.progress_deadline_seconds is UNSET
        else saved.progress_deadline_seconds,
        "strategy": None if saved.strategy is UNSET else saved.strategy,
    }
    return (_patch(subject, "merge", spec), forget_command(subject))


def _patch(subject: DeploymentSubject, kind: str, spec: dict[str, Any]) -> str:
    text = msgspec.json.encode({"spec": spec}).decode()
    return command(subject, "patch", _name(subject), f"--type={kind}", "-p", text)


def _name(subject: DeploymentSubject) -> str:
    return f"deployment/{subject.workload.metadata.name}"

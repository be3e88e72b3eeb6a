"""What a person may ask for. A request says what is wanted; `planning.plan` says what it comes to here and now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from ktui.redaction import redact
from ktui.rollout.steps import FULL, Steps


class Action(StrEnum):
    """The actions by name, as commands and the audit log spell them."""

    PAUSE = "pause"
    RESUME = "resume"
    CANARY = "canary"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    ABORT = "abort"
    SET_IMAGE = "set-image"
    SCALE = "scale"
    RESTART = "restart"
    REPAIR = "repair"
    RETRY = "retry"
    TERMINATE = "terminate"
    TRAFFIC = "traffic"
    SWITCH = "switch"


class Pause(msgspec.Struct, frozen=True, tag=Action.PAUSE.value, tag_field="action"):
    """Stop rolling out; what runs keeps running."""


class Resume(msgspec.Struct, frozen=True, tag=Action.RESUME.value, tag_field="action"):
    """Let what is paused roll out again."""


class Promote(msgspec.Struct, frozen=True, tag=Action.PROMOTE.value, tag_field="action"):
    """Take what is being rolled out to its next stage.

    A paused rolling update goes on to its end. A held canary goes to its next step, or `to` a size of its own: a
    number of pods, a share such as `25%`, or all of them, `100%`. An Argo Rollout goes on to its next step, or past
    all of them with `100%`; with `skip` it leaves the step that it is at, whether that is done or not.
    """

    to: str = ""
    skip: bool = False


class RollBack(msgspec.Struct, frozen=True, tag=Action.ROLLBACK.value, tag_field="action"):
    """Bring the pod template of an earlier revision back; None is the revision before the current one."""

    revision: int | None = None
    change_cause: str = ""
    """Why, for the annotation `kubernetes.io/change-cause`; empty is what the plan makes of that by itself."""


class Abort(msgspec.Struct, frozen=True, tag=Action.ABORT.value, tag_field="action"):
    """Abort what is being rolled out, and go back to what was there before."""

    change_cause: str = ""


class SetImage(msgspec.Struct, frozen=True, tag=Action.SET_IMAGE.value, tag_field="action"):
    """Give containers other images: pairs of a container's name and an image; the name `*` means all of them."""

    images: tuple[tuple[str, str], ...]
    change_cause: str = ""


class Scale(msgspec.Struct, frozen=True, tag=Action.SCALE.value, tag_field="action"):
    """Ask for that many pods."""

    replicas: int


class Restart(msgspec.Struct, frozen=True, tag=Action.RESTART.value, tag_field="action"):
    """Replace every pod by one of the same template."""

    change_cause: str = ""


class Canary(msgspec.Struct, frozen=True, tag=Action.CANARY.value, tag_field="action"):
    """Roll out to a few pods and hold there, step by step.

    What is new is a pod template, other images (as in `SetImage`), or both. `manifest` names where the template is
    from. With `surge` the new pods come on top of the old ones, without it they replace some.
    """

    steps: Steps = ("1", FULL)
    images: tuple[tuple[str, str], ...] = ()
    template: dict[str, Any] | None = None
    manifest: str = ""
    surge: bool = True
    change_cause: str = ""


class Repair(msgspec.Struct, frozen=True, tag=Action.REPAIR.value, tag_field="action"):
    """Repair the hold of a canary that someone else disturbed, or delete the pods that a StatefulSet waits for."""


class Retry(msgspec.Struct, frozen=True, tag=Action.RETRY.value, tag_field="action"):
    """Roll out again what was aborted, from its first step."""


class Terminate(msgspec.Struct, frozen=True, tag=Action.TERMINATE.value, tag_field="action"):
    """End an analysis that runs: what it has measured so far decides. Empty is the only one that runs."""

    run: str = ""


class Share(msgspec.Struct, frozen=True):
    """A target of traffic: a revision by name or number, empty for the latest that is ready; its percent; its tag."""

    revision: str = ""
    percent: int = 0
    tag: str = ""


class Traffic(msgspec.Struct, frozen=True, tag=Action.TRAFFIC.value, tag_field="action"):
    """Put these targets in place of all that there are, of a workload whose traffic is sent by shares.

    With `keep`, a target that has a tag gives it to a revision, without traffic, and the others are the new shares. The
    other tags stay, but for those of `untag`; without any share the shares stay as well.
    """

    targets: tuple[Share, ...] = ()
    keep: bool = False
    untag: tuple[str, ...] = ()


class Switch(msgspec.Struct, frozen=True, tag=Action.SWITCH.value, tag_field="action"):
    """Send a Service's traffic to the side of that colour; empty is the only one that is idle.

    With `force`, also where that side is not fully available.
    """

    to: str = ""
    force: bool = False


Request = (
    Pause
    | Resume
    | Promote
    | RollBack
    | Abort
    | SetImage
    | Scale
    | Restart
    | Canary
    | Repair
    | Retry
    | Terminate
    | Traffic
)
"""What may be asked for of a workload."""

PLAIN: Final[Mapping[Action, Callable[[], Request]]] = {
    Action.PAUSE: Pause,
    Action.RESUME: Resume,
    Action.PROMOTE: Promote,
    Action.ROLLBACK: RollBack,
    Action.ABORT: Abort,
    Action.RESTART: Restart,
    Action.REPAIR: Repair,
    Action.RETRY: Retry,
    Action.TERMINATE: Terminate,
}
"""The requests that a key makes without a question. The others need a number or an image first."""

AnyRequest = Request | Switch
"""Also what may be asked for of a Service."""


def action_of(request: AnyRequest) -> Action:
    """The action that is asked for."""
    tag = request.__struct_config__.tag
    return Action(str(tag))


def for_the_record(request: AnyRequest) -> AnyRequest:
    """The request without what may hold secrets: a template's plain values, and what looks like one in a cause."""
    if isinstance(request, Canary):
        request = msgspec.structs.replace(request, template=None)
    cause = getattr(request, "change_cause", "")
    return msgspec.structs.replace(request, change_cause=redact(cause)) if cause else request

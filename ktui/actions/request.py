"""What a person may ask for. A request says what is wanted; `planning.plan` says what it comes to here and now."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Action(StrEnum):
    """The actions by name, as commands and the audit log spell them."""

    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    ABORT = "abort"
    SET_IMAGE = "set-image"
    SCALE = "scale"
    RESTART = "restart"


class Pause(msgspec.Struct, frozen=True, tag=Action.PAUSE.value, tag_field="action"):
    """Stop rolling out; what runs keeps running."""


class Resume(msgspec.Struct, frozen=True, tag=Action.RESUME.value, tag_field="action"):
    """Let a paused Deployment roll out again."""


class Promote(msgspec.Struct, frozen=True, tag=Action.PROMOTE.value, tag_field="action"):
    """Take what is being rolled out to its next stage: a paused rolling update goes on to its end."""


class RollBack(msgspec.Struct, frozen=True, tag=Action.ROLLBACK.value, tag_field="action"):
    """Bring the pod template of an earlier revision back; None is the revision before the current one."""

    revision: int | None = None


class Abort(msgspec.Struct, frozen=True, tag=Action.ABORT.value, tag_field="action"):
    """Give up what is being rolled out, and go back to what was there before."""


class SetImage(msgspec.Struct, frozen=True, tag=Action.SET_IMAGE.value, tag_field="action"):
    """Give containers other images: pairs of a container's name and an image; the name `*` means all of them."""

    images: tuple[tuple[str, str], ...]


class Scale(msgspec.Struct, frozen=True, tag=Action.SCALE.value, tag_field="action"):
    """Ask for that many pods."""

    replicas: int


class Restart(msgspec.Struct, frozen=True, tag=Action.RESTART.value, tag_field="action"):
    """Replace every pod by one of the same template."""


Request = Pause | Resume | Promote | RollBack | Abort | SetImage | Scale | Restart


def action_of(request: Request) -> Action:
    """The action that is asked for."""
    tag = request.__struct_config__.tag
    return Action(str(tag))

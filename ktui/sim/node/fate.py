"""What becomes of a pod: by annotations on it, by what is known of its image, or by the image's tag.

The annotations, all optional, stand on the pod template:

=============================== =====================================================================
`sim.ktui/fate`                 one of FATES
`sim.ktui/startup-seconds`      from the start of the containers until they are ready
`sim.ktui/pull-seconds`         how long the image takes to pull
`sim.ktui/run-seconds`          how long a container runs that crashes, fails its liveness, or completes; longer than
                                its start, and it is ready in between
`sim.ktui/stop-seconds`         how long the pod takes to stop
`sim.ktui/exit-code`            with which a container ends that crashes, or that its kubelet kills
`sim.ktui/back-off`             `told`: it waits with CrashLoopBackOff from the beginning of a back-off on; `kept`: it
                                stays as it ended, for the first minute, as the kubelet of 1.36 leaves it
`sim.ktui/log-rate`             lines a second that a container writes that serves
`sim.ktui/share`                the share of the pods that the fate strikes, 0 to 1; the others are well
`sim.ktui/container`            the container that it strikes; without a name, the first main one
`sim.ktui/reason`               the word for what goes wrong, where the fate leaves a choice
`sim.ktui/message`              what is said of it, in place of what is usually said; `{pod}` stands for the pod, as
                                kubelets name one
`sim.ktui/cpu`                  what that container uses of CPU, as a quantity, in place of a share of its request
`sim.ktui/memory`               and of memory
`sim.ktui/limit`                the memory limit in force, while a resize in place waits
=============================== =====================================================================
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

JSON = dict[str, Any]
PREFIX = "sim.ktui/"

FATES = (
    "ok", "slow", "crash", "nopull", "unschedulable", "scaleup", "preempts", "oom", "unready", "unlive", "complete",
    "evicted", "shutdown", "turnedaway", "noconfig", "hookfails", "stuck", "unresized", "nodelost", "refused",
)  # fmt: skip
_NUMBERS = ("startup-seconds", "pull-seconds", "run-seconds", "stop-seconds", "log-rate", "share")
_TEXTS = ("container", "reason", "message", "cpu", "memory", "limit")
_BACK_OFFS = ("told", "kept")
TAGS = ("crash", "nopull", "slow", "unschedulable")
_SLOW_STARTUP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Fate:
    """How a pod's containers behave. Durations are in virtual seconds."""

    kind: str = "ok"
    startup_seconds: float = 0.8
    pull_seconds: float = 0.55
    run_seconds: float = 0.35
    stop_seconds: float = 0.6
    exit_code: int | None = None
    """None: 1 where it crashes, 137 where its kubelet kills it."""
    keeps_end: bool = False
    """Whether the status of a container stays as it ended for the first minute of its back-off."""
    log_rate: float = 1.5
    share: float = 1.0
    container: str = ""
    reason: str = ""
    message: str = ""
    cpu: str = ""
    memory: str = ""
    limit: str = ""

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Fate:
        """A fate from settings named as the annotations are, without their prefix.

        Raises:
            ValueError: an unknown setting or kind, or a number that is none.
        """
        fate = cls()
        for name, text in settings.items():
            if name == "fate":
                fate = replace(fate, kind=text)
            elif name == "exit-code":
                fate = replace(fate, exit_code=int(text))
            elif name == "back-off":
                if text not in _BACK_OFFS:
                    raise ValueError(f"no such back-off: {text} (there are {', '.join(_BACK_OFFS)})")
                fate = replace(fate, keeps_end=text == "kept")
            elif name in _TEXTS:
                texts: dict[str, Any] = {name: text}
                fate = replace(fate, **texts)
            elif name in _NUMBERS:
                changed: dict[str, Any] = {name.replace("-", "_"): float(text)}
                fate = replace(fate, **changed)
            else:
                raise ValueError(f"no such setting of a pod's fate: {name}")
        if fate.kind not in FATES:
            raise ValueError(f"no such fate: {fate.kind} (there are {', '.join(FATES)})")
        if fate.kind == "slow" and "startup-seconds" not in settings:
            fate = replace(fate, startup_seconds=_SLOW_STARTUP_SECONDS)
        return fate

    def strike(self, chance: random.Random) -> Fate:
        """The fate of one pod: this, or a good one where the share spares it."""
        return self if self.share >= 1 or chance.random() < self.share else replace(self, kind="ok")


class Fates:
    """Knows the fate of each pod. `images` maps an image to settings named as the annotations are."""

    def __init__(self, images: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._images: dict[str, dict[str, str]] = {}
        for image, settings in (images or {}).items():
            self.know(image, settings)

    def know(self, image: str, settings: Mapping[str, str]) -> None:
        """From now on, pods that run this image behave so.

        Raises:
            ValueError: as `Fate.read`.
        """
        texts = {name: str(value) for name, value in settings.items()}
        Fate.read(texts)
        self._images[image] = texts

    def of(self, pod: JSON) -> Fate:
        """The fate of a pod; settings that cannot be read count as not given."""
        settings: dict[str, str] = {}
        for container in (*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]):
            image = container.get("image", "")
            tag = image.rpartition(":")[2]
            if tag in TAGS:
                settings["fate"] = tag
            settings.update(self._images.get(image, {}))
        for key, value in (pod["metadata"].get("annotations") or {}).items():
            if key.startswith(PREFIX):
                settings[key.removeprefix(PREFIX)] = value
        try:
            return Fate.read(settings)
        except ValueError:
            return Fate()

"""What a pod goes through on its node, as its fate has it, shown in status and events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ktui.sim.kernel import Kernel, Timer, seconds_of
from ktui.sim.node.containers import Container, containers_of, gates_of, hold_resize, initialized, pod_status
from ktui.sim.node.fate import Fate
from ktui.sim.node.port import Port
from ktui.sim.node.strikes import STRIKES

JSON = dict[str, Any]

ADMIT_SECONDS = 0.02
RETRY_SECONDS = 0.6
"""From a failure until the back-off is reported."""
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 300.0
HEALTHY_AFTER = 600.0
"""A container that has run so long starts its back-off from the beginning."""
MOUNT_RETRY_SECONDS = 16.0
_KILLED = 137
RESYNC_SECONDS = 60.0
"""How long a kubelet of 1.36 leaves the status of a container that backs off at most (pod_workers.go: completeWork)."""
_OUT_OF_CPU = "Node didn't have enough resource: cpu, requested: 500, used: 31800, capacity: 32000"
_HOOK_ENDED = "failed - error: command '/bin/register' exited with 3: , message: \"no answer from consul\\n\""
_POD = "{pod}"
"""Stands in a fate's message for the pod, as kubelets name one: `name_namespace(uid)`."""
_NO_VOLUME = 'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found'


class PodWorker:
    """One pod on its node."""

    __slots__ = (
        "_addresses", "_back_off", "_due", "_pull_back_off", "_started", "containers", "fate", "kernel", "pod", "port",
    )  # fmt: skip

    def __init__(self, kernel: Kernel, port: Port, pod: JSON, fate: Fate, host: str) -> None:
        self.kernel = kernel
        self.port = port
        self.pod = pod
        self.fate = fate if _POD not in fate.message else replace(fate, message=self._named(fate.message))
        self.containers = containers_of(pod)
        self._addresses = (host, "")
        self._started = kernel.stamp()
        self._due: list[Timer] = []
        self._back_off = 0.0
        self._pull_back_off = 0.0

    # -- what the API server tells -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the pod on; one that runs already (the kubelet is new, the pod is not) goes on as it is."""
        status = self.pod["status"]
        if status.get("startTime"):
            self._started = status["startTime"]
            self._addresses = (status.get("hostIP", self._addresses[0]), status.get("podIP", ""))
            for container in self.containers:
                container.resume(status)
            self._go_on()
        else:
            self.after(ADMIT_SECONDS, self._admit)
        if "deletionTimestamp" in self.pod["metadata"]:
            self._stop()

    def _go_on(self) -> None:
        """Take up what an earlier kubelet has left half done."""
        if not initialized(self.containers):
            self.next_container()
            return
        for container in self.containers:
            if not container.is_main or container.ready:
                continue
            if container.is_running:
                self._runs_on(container)
            elif container.last or "terminated" in container.state:
                self.after(FIRST_BACK_OFF, partial(self._restart, container))
            else:
                self._pull(container)

    def see(self, pod: JSON, fate: Fate | None = None) -> None:
        """The pod has changed; with a new `fate` where it has other images now."""
        before, self.pod = self.pod, pod
        if "deletionTimestamp" in pod["metadata"]:
            if "deletionTimestamp" not in before["metadata"]:
                self._stop()
            return
        if fate is not None:
            self.fate = fate
            self._change_images()
        if gates_of(pod) != gates_of(before):
            self.after(ADMIT_SECONDS, self.write)

    def _change_images(self) -> None:
        """Start the containers again whose image has changed, each with its new one."""
        images = {each["name"]: each["image"] for each in self.pod["spec"]["containers"]}
        for container in self.containers:
            if container.is_main and images[container.name] != container.image:
                self.end()
                self._back_off = self._pull_back_off = 0.0
                self.after(ADMIT_SECONDS, partial(self._replace, container, images[container.name]))

    def _replace(self, container: Container, image: str) -> None:
        if container.is_running:
            message = f"Container {container.name} definition changed, will be restarted"
            self.tell("Normal", "Killing", message, container)
            container.exit(0, "Completed", self.kernel.stamp())
            self.write()
        container.image = image
        container.restarts += 1
        self._pull(container)

    def end(self) -> None:
        """The pod is gone."""
        for timer in self._due:
            timer.cancel()
        self._due.clear()

    def _stop(self) -> None:
        self.end()
        grace = float(self.pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        if self.fate.kind == "nodelost":
            return  # nobody is there to stop it
        for container in self.containers:
            if container.is_running:
                self.tell("Normal", "Killing", f"Stopping container {container.name}", container)
        stopping = self.kernel.jitter(self.fate.stop_seconds, 0.25)
        self.kernel.after(min(stopping, grace), lambda: self.port.remove(self.pod))

    # -- a pod comes up ----------------------------------------------------------------------------------------

    def _admit(self) -> None:
        if self.fate.kind == "turnedaway":
            self.after(self.fate.run_seconds, self._reject)
            return
        self._started = self.kernel.stamp()
        if any(container.is_init for container in self.containers):
            for container in self.containers:
                container.wait("PodInitializing")
        self.write()
        if self.fate.kind == "stuck":
            self._cannot_begin()
        else:
            self.next_container()

    def _reject(self) -> None:
        """The kubelet finds no room for what the scheduler has sent (kubelet.go: rejectPod)."""
        reason, message = self.fate.reason or "OutOfcpu", self.fate.message or _OUT_OF_CPU
        self.tell("Warning", reason, message)
        rejected = {"phase": "Failed", "reason": reason, "message": f"Pod was rejected: {message}"}
        self.port.set_status(self.pod, self.pod["status"] | rejected)

    def _cannot_begin(self) -> None:
        """Something that comes before the containers fails, a volume or the network, again and again."""
        self.tell("Warning", self.fate.reason or "FailedMount", self.fate.message or _NO_VOLUME)
        self.after(MOUNT_RETRY_SECONDS, self._cannot_begin)

    def next_container(self) -> None:
        """Start the next init container; once they are through, all the main ones."""
        following = next((c for c in self.containers if c.is_init and not c.is_through), None)
        for container in [following] if following else [c for c in self.containers if c.is_main and c.is_new]:
            self._pull(container)

    def _pull(self, container: Container) -> None:
        image = container.image
        if self.fate.kind == "nopull" and container is self._victim():
            if self.fate.reason == "InvalidImageName":
                self._cannot_run(container)
                return
            self.tell("Normal", "Pulling", f'Pulling image "{image}"', container)
            self.after(self.fate.pull_seconds, lambda: self._pull_fails(container))
            return
        seconds = self.kernel.jitter(self.fate.pull_seconds)
        if seconds >= 1:
            self.tell("Normal", "Pulling", f'Pulling image "{image}"', container)
        self.after(seconds, lambda: self._pulled(container, seconds))

    def _pulled(self, container: Container, seconds: float) -> None:
        if seconds >= 1:
            message = (
                f'Successfully pulled image "{container.image}" in {seconds:.3f}s ({seconds:.3f}s including waiting).'
            )
        else:
            message = f'Container image "{container.image}" already present on machine and can be accessed by the pod'
        self.tell("Normal", "Pulled", message, container)
        if self.fate.kind == "noconfig" and container is self._victim():
            self._cannot_run(container)
        else:
            self._run(container)

    def _cannot_run(self, container: Container) -> None:
        """The container cannot be made, whatever is tried."""
        why = self.fate.message or 'secret "settings" not found'
        container.wait(self.fate.reason or "CreateContainerConfigError", why)
        self.write()
        self.tell("Warning", "Failed", f"Error: {why}", container)

    def _pull_fails(self, container: Container) -> None:
        image = container.image
        why = self.fate.message or (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
            f'failed to resolve reference "{image}": {image}: not found'
        )
        container.wait("ErrImagePull", why)
        self.write()
        self.tell("Warning", "Failed", f'Failed to pull image "{image}": {why}', container)
        self.tell("Warning", "Failed", "Error: ErrImagePull", container)
        self._pull_back_off = min(max(FIRST_BACK_OFF, 2 * self._pull_back_off), LONGEST_BACK_OFF)
        self.after(RETRY_SECONDS, lambda: self._pull_backs_off(container, why))

    def _pull_backs_off(self, container: Container, why: str) -> None:
        container.wait("ImagePullBackOff", f'Back-off pulling image "{container.image}": ErrImagePull: {why}')
        self.write()
        self.tell("Normal", "BackOff", f'Back-off pulling image "{container.image}"', container)
        self.tell("Warning", "Failed", "Error: ImagePullBackOff", container)
        self.after(self._pull_back_off, lambda: self._pull(container))

    # -- a container runs --------------------------------------------------------------------------------------

    def _run(self, container: Container) -> None:
        container.run(self.kernel.stamp())
        if not self._addresses[1]:
            chance = self.kernel.random
            self._addresses = (
                self._addresses[0],
                f"10.{chance.randint(1, 250)}.{chance.randint(0, 255)}.{chance.randint(2, 254)}",
            )
        self.tell("Normal", "Created", "Container created", container)
        self.tell("Normal", "Started", "Container started", container)
        self.write()
        self._runs_on(container)

    def _runs_on(self, container: Container) -> None:
        """What comes of a container that has started."""
        if container is self._victim() and self.fate.kind in STRIKES:
            STRIKES[self.fate.kind](self, container)
        elif container.is_sidecar:
            self.after(0.1, lambda: self.becomes_ready(container))
        elif container.is_init:
            took = self.fate.startup_seconds if container is self._victim() else 0.5
            self.after(self.kernel.jitter(took), lambda: self._init_done(container))
        else:
            self.after(self.kernel.jitter(self.fate.startup_seconds), lambda: self.becomes_ready(container))

    def _init_done(self, container: Container) -> None:
        container.exit(0, "Completed", self.kernel.stamp())
        self.write()
        self.next_container()

    def becomes_ready(self, container: Container) -> None:
        """Its probes succeed; what comes after a sidecar may start then."""
        container.started = container.ready = True
        self.write()
        if container.is_sidecar:
            self.next_container()

    def flap(self) -> None:
        """Lose the readiness of the first main container, or get it back."""
        container = self._victim()
        if container.is_running and "deletionTimestamp" not in self.pod["metadata"]:
            container.ready = not container.ready
            self.write()

    # -- a container ends --------------------------------------------------------------------------------------

    def exit(
        self, container: Container, code: int, reason: str, message: str = "", waits: tuple[str, str] | None = None
    ) -> None:
        """A container has ended: start it again, as the pod's policy has it, at once or after a back-off.

        Where it never came as far as to run, it `waits` for a reason, with a message.
        """
        ran = self.kernel.now - seconds_of(container.state["running"]["startedAt"])
        if ran > HEALTHY_AFTER:
            self._back_off = 0.0
        container.exit(code, reason, self.kernel.stamp(), message)
        if waits is not None:
            container.wait(*waits)
        policy = self.pod["spec"].get("restartPolicy", "Always")
        if policy == "Never" or (policy == "OnFailure" and code == 0):
            self.write()
            return
        self.write()
        if self._back_off == 0.0:
            self._back_off = FIRST_BACK_OFF
            self.after(RETRY_SECONDS, lambda: self._restart(container))
        else:
            self.after(RETRY_SECONDS, lambda: self._backs_off(container))

    def _backs_off(self, container: Container) -> None:
        """Wait before the next start: shown in an event at once, in the status at once or after a while."""
        message = f"Back-off restarting failed container {container.name} in pod {self._full_name}"
        wait, kept = self._back_off, min(self._back_off, RESYNC_SECONDS) if self.fate.keeps_end else 0.0
        if not kept:
            self._is_in_back_off(container, wait)
        self.tell("Warning", "BackOff", message, container)
        if kept:
            self.after(kept, lambda: self._is_in_back_off(container, wait))
        self.after(wait, lambda: self._restart(container))
        self._back_off = min(2 * wait, LONGEST_BACK_OFF)

    def _is_in_back_off(self, container: Container, seconds: float) -> None:
        message = f"back-off {_duration(seconds)} restarting failed container={container.name} pod={self._full_name}"
        container.wait("CrashLoopBackOff", message)
        self.write()

    @property
    def _full_name(self) -> str:
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    def _named(self, message: str) -> str:
        return message.replace(_POD, self._full_name)

    def hook_error(self, container: Container) -> tuple[str, str]:
        """What a container whose postStart hook failed waits for, and what the hook printed."""
        where = f'for Container "{container.name}" in Pod "{self._full_name}"'
        return "PostStartHookError", self.fate.message or f"Exec lifecycle hook ([/bin/register]) {where} {_HOOK_ENDED}"

    def _restart(self, container: Container) -> None:
        container.restarts += 1
        self._pulled(container, 0.0)

    def fail(self, reason: str, message: str) -> None:
        """End the pod with all its containers, for a reason of its node's."""
        for container in self.containers:
            container.exit(_KILLED, "Error", self.kernel.stamp())
        self.end()
        self.port.set_status(self.pod, self._status("Failed") | {"reason": reason, "message": message})

    # -- common ------------------------------------------------------------------------------------------------

    def _victim(self) -> Container:
        """The container that the fate strikes: the one that it names, or the first main one."""
        named = [container for container in self.containers if container.name == self.fate.container]
        return (named or [container for container in self.containers if container.is_main])[0]

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, unless the pod is gone or stops by then."""
        self._due = [timer for timer in self._due if timer.action is not None]
        self._due.append(self.kernel.after(seconds, action))

    def tell(self, type_: str, reason: str, message: str, container: Container | None = None) -> None:
        """Send an event about the pod, or about a container of it."""
        path = "" if container is None else container.field_path
        self.port.event(self.pod, "kubelet", type_, reason, message, field_path=path)

    def write(self) -> None:
        """Write the status that the containers add up to."""
        self.port.set_status(self.pod, self._status())

    def _status(self, phase: str | None = None) -> JSON:
        host, address = self._addresses
        status = pod_status(
            self.pod, self.containers, phase=phase, host=host, address=address,
            started=self._started, stamp=self.kernel.stamp(), through=initialized(self.containers),
        )  # fmt: skip
        if self.fate.kind == "unresized":
            hold_resize(self.pod, status, self._victim().name, self.fate.limit)
        return status


def _duration(seconds: float) -> str:
    """As Go prints it: 10s, 2m40s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"

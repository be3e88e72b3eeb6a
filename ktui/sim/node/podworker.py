"""What a pod goes through on its node, as its fate has it, told in status and events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ktui.sim.kernel import Kernel, Timer, seconds_of
from ktui.sim.node.containers import Container, containers_of, initialized, pod_status
from ktui.sim.node.fate import Fate
from ktui.sim.node.port import Port

JSON = dict[str, Any]

ADMIT_SECONDS = 0.02
RETRY_SECONDS = 0.6
"""From a failure until the back-off is told of."""
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 300.0
HEALTHY_AFTER = 600.0
"""A container that has run so long starts its back-off from the beginning."""
PROBE_SECONDS = 10.0
MOUNT_RETRY_SECONDS = 16.0
_NO_VOLUME = 'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found'
_LOW_ON_MEMORY = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 87Mi. "


class PodWorker:
    """One pod on its node."""

    __slots__ = (
        "_addresses", "_back_off", "_due", "_kernel", "_port", "_pull_back_off", "_started",
        "containers", "fate", "pod",
    )  # fmt: skip

    def __init__(self, kernel: Kernel, port: Port, pod: JSON, fate: Fate, host: str) -> None:
        self._kernel = kernel
        self._port = port
        self.pod = pod
        self.fate = fate
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
            self._after(ADMIT_SECONDS, self._admit)
        if "deletionTimestamp" in self.pod["metadata"]:
            self._stop()

    def _go_on(self) -> None:
        """Take up what an earlier kubelet has left half done."""
        if not initialized(self.containers):
            self._next_container()
            return
        for container in self.containers:
            if not container.is_main or container.ready:
                continue
            if container.is_running:
                self._runs_on(container)
            elif container.last or "terminated" in container.state:
                self._after(FIRST_BACK_OFF, partial(self._restart, container))
            else:
                self._pull(container)

    def see(self, pod: JSON) -> None:
        """The pod has changed."""
        was_marked = "deletionTimestamp" in self.pod["metadata"]
        self.pod = pod
        if "deletionTimestamp" in pod["metadata"] and not was_marked:
            self._stop()

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
                self._tell("Normal", "Killing", f"Stopping container {container.name}", container)
        stopping = self._kernel.jitter(self.fate.stop_seconds, 0.25)
        self._kernel.after(min(stopping, grace), lambda: self._port.remove(self.pod))

    # -- a pod comes up ----------------------------------------------------------------------------------------

    def _admit(self) -> None:
        self._started = self._kernel.stamp()
        if any(container.is_init for container in self.containers):
            for container in self.containers:
                container.wait("PodInitializing" if container.is_main else "ContainerCreating")
        self._write()
        if self.fate.kind == "stuck":
            self._cannot_begin()
        else:
            self._next_container()

    def _cannot_begin(self) -> None:
        """Something that comes before the containers fails, a volume or the network, again and again."""
        self._tell("Warning", self.fate.reason or "FailedMount", self.fate.message or _NO_VOLUME)
        self._after(MOUNT_RETRY_SECONDS, self._cannot_begin)

    def _next_container(self) -> None:
        """Start the next init container; once they are through, all the main ones."""
        following = next((c for c in self.containers if c.is_init and not c.is_through), None)
        for container in [following] if following else [c for c in self.containers if c.is_main]:
            self._pull(container)

    def _pull(self, container: Container) -> None:
        image = container.image
        if self.fate.kind == "nopull" and container is self._victim():
            if self.fate.reason == "InvalidImageName":
                self._cannot_run(container)
                return
            self._tell("Normal", "Pulling", f'Pulling image "{image}"', container)
            self._after(self.fate.pull_seconds, lambda: self._pull_fails(container))
            return
        seconds = self._kernel.jitter(self.fate.pull_seconds)
        if seconds >= 1:
            self._tell("Normal", "Pulling", f'Pulling image "{image}"', container)
        self._after(seconds, lambda: self._pulled(container, seconds))

    def _pulled(self, container: Container, seconds: float) -> None:
        if seconds >= 1:
            told = (
                f'Successfully pulled image "{container.image}" in {seconds:.3f}s ({seconds:.3f}s including waiting).'
            )
        else:
            told = f'Container image "{container.image}" already present on machine and can be accessed by the pod'
        self._tell("Normal", "Pulled", told, container)
        if self.fate.kind == "noconfig" and container is self._victim():
            self._cannot_run(container)
        else:
            self._run(container)

    def _cannot_run(self, container: Container) -> None:
        """The container cannot be made, whatever is tried."""
        why = self.fate.message or 'secret "settings" not found'
        container.wait(self.fate.reason or "CreateContainerConfigError", why)
        self._write()
        self._tell("Warning", "Failed", f"Error: {why}", container)

    def _pull_fails(self, container: Container) -> None:
        image = container.image
        why = self.fate.message or (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
            f'failed to resolve reference "{image}": {image}: not found'
        )
        container.wait("ErrImagePull", why)
        self._write()
        self._tell("Warning", "Failed", f'Failed to pull image "{image}": {why}', container)
        self._tell("Warning", "Failed", "Error: ErrImagePull", container)
        self._pull_back_off = min(max(FIRST_BACK_OFF, 2 * self._pull_back_off), LONGEST_BACK_OFF)
        self._after(RETRY_SECONDS, lambda: self._pull_backs_off(container, why))

    def _pull_backs_off(self, container: Container, why: str) -> None:
        container.wait("ImagePullBackOff", f'Back-off pulling image "{container.image}": ErrImagePull: {why}')
        self._write()
        self._tell("Normal", "BackOff", f'Back-off pulling image "{container.image}"', container)
        self._tell("Warning", "Failed", "Error: ImagePullBackOff", container)
        self._after(self._pull_back_off, lambda: self._pull(container))

    # -- a container runs --------------------------------------------------------------------------------------

    def _run(self, container: Container) -> None:
        container.run(self._kernel.stamp())
        if not self._addresses[1]:
            chance = self._kernel.random
            self._addresses = (
                self._addresses[0],
                f"10.{chance.randint(1, 250)}.{chance.randint(0, 255)}.{chance.randint(2, 254)}",
            )
        self._tell("Normal", "Created", f"Created container: {container.name}", container)
        self._tell("Normal", "Started", f"Started container {container.name}", container)
        self._write()
        self._runs_on(container)

    def _runs_on(self, container: Container) -> None:
        """What comes of a container that has started."""
        if container is self._victim() and self.fate.kind in _RUNS:
            _RUNS[self.fate.kind](self, container)
        elif container.is_sidecar:
            self._after(0.1, lambda: self._sidecar_up(container))
        elif container.is_init:
            took = self.fate.startup_seconds if container is self._victim() else 0.5
            self._after(self._kernel.jitter(took), lambda: self._init_done(container))
        else:
            self._after(self._kernel.jitter(self.fate.startup_seconds), lambda: self._ready(container))

    def _sidecar_up(self, container: Container) -> None:
        container.started = container.ready = True
        self._write()
        self._next_container()

    def _init_done(self, container: Container) -> None:
        container.exit(0, "Completed", self._kernel.stamp())
        self._write()
        self._next_container()

    def _ready(self, container: Container) -> None:
        container.started = container.ready = True
        self._write()

    def flap(self) -> None:
        """Lose the readiness of the first main container, or get it back."""
        container = self._victim()
        if container.is_running and "deletionTimestamp" not in self.pod["metadata"]:
            container.ready = not container.ready
            self._write()

    def _crashes(self, container: Container) -> None:
        told = self.fate.reason or "Error"
        self._after(self.fate.run_seconds, lambda: self._exit(container, self.fate.exit_code, told, self.fate.message))

    def _runs_out_of_memory(self, container: Container) -> None:
        self._ready_until(container, lambda: self._exit(container, 137, "OOMKilled"))

    def _completes(self, container: Container) -> None:
        self._ready_until(container, lambda: self._exit(container, 0, "Completed"))

    def _ready_until(self, container: Container, end: Callable[[], None]) -> None:
        """Be ready in between, where the container runs for long enough."""
        startup = self._kernel.jitter(self.fate.startup_seconds)
        if startup < self.fate.run_seconds:
            self._after(startup, lambda: self._ready(container))
        self._after(self.fate.run_seconds, end)

    def _never_ready(self, container: Container) -> None:
        container.started = True
        self._write()
        self._after(PROBE_SECONDS, lambda: self._probe_fails(container))

    def _probe_fails(self, container: Container) -> None:
        told = self.fate.message or "Readiness probe failed: HTTP probe failed with statuscode: 503"
        self._tell("Warning", "Unhealthy", told, container)
        self._after(PROBE_SECONDS, lambda: self._probe_fails(container))

    def _fails_liveness(self, container: Container) -> None:
        self._ready_until(container, lambda: self._liveness_fails(container))

    def _liveness_fails(self, container: Container) -> None:
        failed = self.fate.message or "Liveness probe failed: HTTP probe failed with statuscode: 500"
        self._tell("Warning", "Unhealthy", failed, container)
        told = f"Container {container.name} failed {failed.split()[0].lower()} probe, will be restarted"
        self._tell("Normal", "Killing", told, container)
        self._after(self.fate.stop_seconds, lambda: self._exit(container, 137, "Error"))

    def _evicted(self, container: Container) -> None:
        self._ready_until(container, self._evict)

    def _evict(self) -> None:
        message = self.fate.message or _LOW_ON_MEMORY
        self._tell("Warning", "Evicted", message)
        for container in self.containers:
            container.exit(137, "Error", self._kernel.stamp())
        self.end()
        self._port.set_status(self.pod, self._status("Failed") | {"reason": "Evicted", "message": message})

    def _loses_its_node(self, container: Container) -> None:
        self._ready_until(container, self._node_lost)

    def _node_lost(self) -> None:
        """The node is silent: the node controller says so in the pod's conditions, and nothing else changes."""
        lost = {"status": "False", "lastTransitionTime": self._kernel.stamp()}
        conditions = [
            known | (lost if known["type"] == "Ready" else {}) for known in self.pod["status"].get("conditions") or ()
        ]
        self._port.set_status(self.pod, self.pod["status"] | {"conditions": conditions})
        self._port.event(self.pod, "node-controller", "Warning", "NodeNotReady", "Node is not ready", field_path="")

    # -- a container ends --------------------------------------------------------------------------------------

    def _exit(self, container: Container, code: int, reason: str, message: str = "") -> None:
        ran = self._kernel.now - seconds_of(container.state["running"]["startedAt"])
        if ran > HEALTHY_AFTER:
            self._back_off = 0.0
        container.exit(code, reason, self._kernel.stamp(), message)
        policy = self.pod["spec"].get("restartPolicy", "Always")
        if policy == "Never" or (policy == "OnFailure" and code == 0):
            self._write()
            return
        self._write()
        if self._back_off == 0.0:
            self._back_off = FIRST_BACK_OFF
            self._after(RETRY_SECONDS, lambda: self._restart(container))
        else:
            self._after(RETRY_SECONDS, lambda: self._backs_off(container))

    def _backs_off(self, container: Container) -> None:
        metadata = self.pod["metadata"]
        where = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        duration = _duration(self._back_off)
        container.wait(
            "CrashLoopBackOff", f"back-off {duration} restarting failed container={container.name} pod={where}"
        )
        self._write()
        told = f"Back-off restarting failed container {container.name} in pod {where}"
        self._tell("Warning", "BackOff", told, container)
        self._after(self._back_off, lambda: self._restart(container))
        self._back_off = min(2 * self._back_off, LONGEST_BACK_OFF)

    def _restart(self, container: Container) -> None:
        container.restarts += 1
        self._pulled(container, 0.0)

    # -- common ------------------------------------------------------------------------------------------------

    def _victim(self) -> Container:
        """The container that the fate strikes: the one that it names, or the first main one."""
        named = [container for container in self.containers if container.name == self.fate.container]
        return (named or [container for container in self.containers if container.is_main])[0]

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._due = [timer for timer in self._due if timer.action is not None]
        self._due.append(self._kernel.after(seconds, action))

    def _tell(self, type_: str, reason: str, message: str, container: Container | None = None) -> None:
        path = "" if container is None else container.field_path
        self._port.event(self.pod, "kubelet", type_, reason, message, field_path=path)

    def _write(self) -> None:
        self._port.set_status(self.pod, self._status())

    def _status(self, phase: str | None = None) -> JSON:
        host, address = self._addresses
        return pod_status(
            self.pod, self.containers, phase=phase, host=host, address=address,
            started=self._started, stamp=self._kernel.stamp(), through=initialized(self.containers),
        )  # fmt: skip


_RUNS: dict[str, Callable[[PodWorker, Container], None]] = {
    "crash": PodWorker._crashes,
    "oom": PodWorker._runs_out_of_memory,
    "complete": PodWorker._completes,
    "unready": PodWorker._never_ready,
    "unlive": PodWorker._fails_liveness,
    "evicted": PodWorker._evicted,
    "nodelost": PodWorker._loses_its_node,
}


def _duration(seconds: float) -> str:
    """As Go prints it: 10s, 2m40s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"

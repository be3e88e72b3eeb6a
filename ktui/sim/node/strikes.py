"""What a fate does to a container that has started, and to its pod: it crashes, fails its probes, loses its node …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from ktui.sim.kernel import Kernel
from ktui.sim.node.containers import Container, resize_refused
from ktui.sim.node.fate import Fate
from ktui.sim.node.port import Port

JSON = dict[str, Any]


class Worker(Protocol):
    """What a strike may have done to the pod: `podworker` does it."""

    kernel: Kernel
    port: Port
    pod: JSON
    fate: Fate

    def exit(
        self, container: Container, code: int, reason: str, message: str = "", waits: tuple[str, str] | None = None
    ) -> None:
        """A container has ended: start it again, as the pod's policy has it."""

    def becomes_ready(self, container: Container) -> None:
        """Its probes succeed."""

    def hook_error(self, container: Container) -> tuple[str, str]:
        """What a container whose postStart hook failed waits for, and what the hook printed."""

    def fail(self, reason: str, message: str) -> None:
        """End the pod with all its containers."""

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, unless the pod is gone or stops by then."""

    def tell(self, type_: str, reason: str, message: str, container: Container | None = None) -> None:
        """Send an event about the pod, or about a container of it."""

    def write(self) -> None:
        """Write the status that the containers add up to."""

    def next_container(self) -> None:
        """Start the next init container; once they are through, all the main ones."""


Strike = Callable[[Worker, Container], None]

PROBE_SECONDS = 10.0
_KILLED = 137
_LOW_ON_MEMORY = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 87Mi. "
_SHUTDOWN = "Pod was terminated in response to imminent node shutdown."
"""kubelet/nodeshutdown: nodeShutdownMessage; its reason is `Terminated`."""


def crashes(worker: Worker, container: Container) -> None:
    """It ends with an error."""
    fate = worker.fate
    code = 1 if fate.exit_code is None else fate.exit_code
    reason = fate.reason or ("Error" if code else "Completed")

    def end() -> None:
        worker.exit(container, code, reason, fate.message)

    if fate.startup_seconds < fate.run_seconds:
        _ready_until(worker, container, end)
    else:
        worker.after(fate.run_seconds, end)


def runs_out_of_memory(worker: Worker, container: Container) -> None:
    """The kernel kills it."""
    _ready_until(worker, container, lambda: worker.exit(container, _KILLED, "OOMKilled"))


def completes(worker: Worker, container: Container) -> None:
    """It ends by itself, in order."""
    _ready_until(worker, container, lambda: worker.exit(container, 0, "Completed"))


def _ready_until(worker: Worker, container: Container, end: Callable[[], None]) -> None:
    """Be ready in between, where the container runs for long enough."""
    startup = worker.kernel.jitter(worker.fate.startup_seconds)
    if startup < worker.fate.run_seconds:
        worker.after(startup, lambda: worker.becomes_ready(container))
    worker.after(worker.fate.run_seconds, end)


# -- probes and hooks ----------------------------------------------------------------------------------------------


def never_ready(worker: Worker, container: Container) -> None:
    """It runs, and its readiness probe fails indefinitely. What comes after a sidecar starts anyway."""
    container.started = True
    worker.write()
    worker.after(PROBE_SECONDS, lambda: _probe_fails(worker, container))
    if container.is_sidecar:
        worker.next_container()


def _probe_fails(worker: Worker, container: Container) -> None:
    message = worker.fate.message or "Readiness probe failed: HTTP probe failed with statuscode: 503"
    worker.tell("Warning", "Unhealthy", message, container)
    worker.after(PROBE_SECONDS, lambda: _probe_fails(worker, container))


def fails_liveness(worker: Worker, container: Container) -> None:
    """Its liveness probe, or its startup probe, fails, and its kubelet kills it."""
    _ready_until(worker, container, lambda: _liveness_fails(worker, container))


def _liveness_fails(worker: Worker, container: Container) -> None:
    failed = worker.fate.message or "Liveness probe failed: HTTP probe failed with statuscode: 500"
    worker.tell("Warning", "Unhealthy", failed, container)
    worker.tell("Normal", "Killing", _failed_probe(container, failed.split()[0].lower()), container)
    worker.after(worker.fate.stop_seconds, lambda: _killed(worker, container))


def _failed_probe(container: Container, probe: str) -> str:
    """kuberuntime/kuberuntime_container.go: sidecars are init containers there, and the sentence ends earlier."""
    if container.is_init:
        return f"Init container {container.name} failed {probe} probe"
    return f"Container {container.name} failed {probe} probe, will be restarted"


def _killed(worker: Worker, container: Container, waits: tuple[str, str] | None = None) -> None:
    """It ends as it answers SIGTERM: with 0 where it stops in order, with 137 where it has to be killed."""
    code = _KILLED if worker.fate.exit_code is None else worker.fate.exit_code
    worker.exit(container, code, "Error" if code else "Completed", waits=waits)


def fails_its_hook(worker: Worker, container: Container) -> None:
    """Its postStart hook fails, and its kubelet kills it (kuberuntime/kuberuntime_container.go: startContainer)."""
    worker.after(worker.fate.run_seconds, lambda: _hook_failed(worker, container))


def _hook_failed(worker: Worker, container: Container) -> None:
    worker.tell("Warning", "FailedPostStartHook", "PostStartHook failed", container)
    worker.tell("Normal", "Killing", "FailedPostStartHook", container)
    worker.after(worker.fate.stop_seconds, lambda: _killed(worker, container, worker.hook_error(container)))


def waits_for_a_resize(worker: Worker, container: Container) -> None:
    """It runs well, with less memory than its spec asks for by now (kubelet/allocation)."""
    spec = next(each for each in worker.pod["spec"]["containers"] if each["name"] == container.name)
    refused = resize_refused(spec.get("resources") or {})
    worker.tell("Warning", "ResizeDeferred", f'Pod resize OutOfmemory: {{"error":"{refused}"}}')
    worker.after(worker.kernel.jitter(worker.fate.startup_seconds), lambda: worker.becomes_ready(container))


# -- the pod ends, or its node -------------------------------------------------------------------------------------


def evicted(worker: Worker, container: Container) -> None:
    """Its node runs out of something and evicts it."""
    message = worker.fate.message or _LOW_ON_MEMORY

    def end() -> None:
        worker.tell("Warning", "Evicted", message)
        worker.fail("Evicted", message)

    _ready_until(worker, container, end)


def shut_down(worker: Worker, container: Container) -> None:
    """Its node is shut down in order, and ends its pods."""
    message = worker.fate.message or _SHUTDOWN
    _ready_until(worker, container, lambda: worker.fail("Terminated", message))


def loses_its_node(worker: Worker, container: Container) -> None:
    """Its node falls silent."""
    _ready_until(worker, container, lambda: _node_lost(worker))


def _node_lost(worker: Worker) -> None:
    """The node controller says so in the pod's conditions, and nothing else changes."""
    lost = {"status": "False", "lastTransitionTime": worker.kernel.stamp()}
    status = worker.pod["status"]
    conditions = [known | (lost if known["type"] == "Ready" else {}) for known in status.get("conditions") or ()]
    worker.port.set_status(worker.pod, status | {"conditions": conditions})
    worker.port.event(worker.pod, "node-controller", "Warning", "NodeNotReady", "Node is not ready", field_path="")


STRIKES: Final[dict[str, Strike]] = {
    "crash": crashes,
    "oom": runs_out_of_memory,
    "complete": completes,
    "unready": never_ready,
    "unlive": fails_liveness,
    "hookfails": fails_its_hook,
    "unresized": waits_for_a_resize,
    "evicted": evicted,
    "shutdown": shut_down,
    "nodelost": loses_its_node,
}
"""The fates that strike a container once it has started."""

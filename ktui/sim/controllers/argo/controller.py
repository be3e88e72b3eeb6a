"""The Rollout controller: hears of what concerns a Rollout, and takes turns on it."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.adoption import claim
from ktui.sim.controllers.argo.analysis import AnalysisController
from ktui.sim.controllers.argo.bluegreen import BlueGreenTurn
from ktui.sim.controllers.argo.canary import CanaryTurn
from ktui.sim.controllers.argo.experimenting import ExperimentController
from ktui.sim.controllers.argo.experiments import Experiments
from ktui.sim.controllers.argo.judging import Turn
from ktui.sim.controllers.argo.replicasets import Revisions
from ktui.sim.controllers.argo.rollout import WORKLOAD_GENERATION, Rollout
from ktui.sim.controllers.argo.runs import Runs
from ktui.sim.controllers.argo.turn import World
from ktui.sim.controllers.argo.validation import fault_of
from ktui.sim.controllers.argo.workload import scale_down, workload_of
from ktui.sim.controllers.common import DEPLOYMENTS, REPLICA_SETS, SERVICES, OwnedIndex, controller_of
from ktui.sim.controllers.progress import new_condition
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.deletion import Deletion
from ktui.sim.events import EventRecorder
from ktui.sim.pod_subresources import evict
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
FIRST_RETRY, LONGEST_RETRY = 0.001, 10.0
INVALID_AGAIN_SECONDS = 20.0


class RolloutController:
    """Plays the controller of Argo Rollouts; its resources have to be served already."""

    def __init__(self, api: ApiServer, replica_sets: OwnedIndex, pods: OwnedIndex) -> None:
        self._api = api
        self._replica_sets = replica_sets
        self._resource = api.catalog.named("rollouts.argoproj.io")
        self._runs = OwnedIndex(api, api.catalog.named("analysisruns"))
        self._experiments = OwnedIndex(api, api.catalog.named("experiments"))
        events = EventRecorder(api, MANAGER)
        self._queue = WorkQueue(api.kernel, self._reconcile, first_retry=FIRST_RETRY, longest_retry=LONGEST_RETRY)
        self._world = World(api, self._resource, events, self._queue, pods, self._evict)
        AnalysisController(api, events)
        ExperimentController(api, events, replica_sets)
        api.bucket(self._resource).listen(self._rollout_changed)
        for resource in (REPLICA_SETS, api.catalog.named("analysisruns"), api.catalog.named("experiments")):
            api.bucket(resource).listen(self._owned_changed)
        api.bucket(SERVICES).listen(self._service_changed)
        api.bucket(DEPLOYMENTS).listen(self._workload_changed)
        for key in api.bucket(self._resource).objects:
            self._queue.add(key)

    # -- what it hears -------------------------------------------------------------------------------------------

    def _rollout_changed(self, change: Change) -> None:
        if change.type == "ADDED":
            words = f"Rollout resource added to informer: {change.key[0]}/{change.key[1]}"
            self._world.events.event(change.version.obj, "Normal", "RolloutAddedToInformer", words)
        self._queue.add_limited(change.key)

    def _owned_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        if owner is not None and owner["kind"] == "Rollout":
            self._queue.add_limited((change.key[0], owner["name"]))

    def _service_changed(self, change: Change) -> None:
        for rollout in self._api.bucket(self._resource).in_namespace(change.key[0]):
            strategies = (rollout["spec"].get("strategy") or {}).values()
            names = ("activeService", "previewService", "stableService", "canaryService")
            if any((each or {}).get(name) == change.key[1] for each in strategies for name in names):
                self._queue.add_limited((change.key[0], rollout["metadata"]["name"]))

    def _workload_changed(self, change: Change) -> None:
        generation = str(change.version.obj["metadata"]["generation"])
        for rollout in list(self._api.bucket(self._resource).in_namespace(change.key[0])):
            reference = rollout["spec"].get("workloadRef") or {}
            if (reference.get("kind"), reference.get("name")) == ("Deployment", change.key[1]):
                self._note_generation(rollout, generation)

    def _note_generation(self, rollout: JSON, generation: str) -> bool:
        annotations = rollout["metadata"].get("annotations") or {}
        if annotations.get(WORKLOAD_GENERATION) == generation:
            return False
        metadata = rollout["metadata"] | {"annotations": annotations | {WORKLOAD_GENERATION: generation}}
        self._api.set_spec(self._resource, rollout, rollout | {"metadata": metadata}, manager=MANAGER)
        return True

    def _evict(self, pod: JSON) -> bool:
        try:
            evict(self._api, pod["metadata"]["namespace"], pod["metadata"]["name"], Deletion())
        except ApiError:
            return False
        return True

    # -- a turn --------------------------------------------------------------------------------------------------

    def _reconcile(self, key: Key) -> None:
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            return
        try:
            workload = workload_of(self._api, obj)
        except ApiError as error:
            self._refuse(Rollout(obj, {}, obj["spec"].get("selector") or {}), error.message)
            self._queue.add_after(key, INVALID_AGAIN_SECONDS)
            return
        source = workload["spec"] if workload is not None else obj["spec"]
        if workload is not None and self._note_generation(obj, str(workload["metadata"]["generation"])):
            return
        selector = obj["spec"].get("selector") or source.get("selector") or {}
        rollout = Rollout(obj, source.get("template") or {}, selector)
        if (fault := fault_of(self._api, rollout)) is not None:
            self._refuse(rollout, fault)
            raise ApiError(422, "Invalid", fault)
        self._turn(rollout)

    def _refuse(self, rollout: Rollout, fault: str) -> None:
        """Say that the spec is invalid, and why."""
        message = f'The Rollout "{rollout.name}" is invalid: {fault}'
        before = rollout.condition("InvalidSpec")
        seen = rollout.status.get("observedGeneration") == str(rollout.generation)
        if seen and before is not None and before["message"] == message:
            return
        turn = self._turn_of(rollout, Revisions(self._api, rollout, []))
        turn.note(new_condition(turn.now, "InvalidSpec", "True", "InvalidSpec", message))

    def _turn(self, rollout: Rollout) -> None:
        uid = rollout.metadata["uid"]
        owned = claim(
            self._api, REPLICA_SETS, rollout.obj, self._replica_sets,
            matches=object_selector(rollout.selector), counts=lambda rs: "deletionTimestamp" not in rs["metadata"],
        )  # fmt: skip
        revisions = Revisions(self._api, rollout, owned)
        turn = self._turn_of(rollout, revisions, self._runs.of(uid), self._experiments.of(uid))
        if revisions.newest is None:
            turn.create_revision()
        elif "replicas" not in rollout.spec:
            spec = rollout.spec | {"replicas": 1}
            self._api.set_spec(self._resource, rollout.obj, rollout.obj | {"spec": spec}, manager=MANAGER)
        else:
            turn.take()
            scale_down(self._api, rollout)

    def _turn_of(
        self,
        rollout: Rollout,
        revisions: Revisions,
        runs: list[JSON] | None = None,
        experiments: list[JSON] | None = None,
    ) -> Turn:
        kind = BlueGreenTurn if rollout.blue_green is not None else CanaryTurn
        return kind(
            self._world, rollout, revisions,
            Runs(self._api, rollout, runs or []), Experiments(self._api, rollout, experiments or []),
        )  # fmt: skip

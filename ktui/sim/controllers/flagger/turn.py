"""One look at one Canary, as Flagger's scheduler takes it once per interval (controller/scheduler.go)."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import DEPLOYMENTS
from ktui.sim.controllers.flagger import checks
from ktui.sim.controllers.flagger.canary import LABELS, MANAGER, UNDER_WAY, Canary, hash_of, selector_label
from ktui.sim.controllers.flagger.objects import Objects
from ktui.sim.controllers.flagger.readiness import Unready, unready
from ktui.sim.controllers.sizes import wanted
from ktui.sim.events import EventRecorder

JSON = dict[str, Any]


class Turn:
    """A Canary, and what belongs to it at this moment. `number` is how many checks its analysis has had."""

    def __init__(self, api: ApiServer, events: EventRecorder, resource: Resource, obj: JSON, number: int) -> None:
        self._api, self._events, self._resource = api, events, resource
        self._canary, self._number = Canary(obj), number

    def _tell(self, message: str, type_: str = "Normal") -> None:
        self._events.event(self._canary.obj, type_, "Synced", message)

    def _warn(self, message: str) -> None:
        self._tell(message, "Warning")

    def _status(self, **fields: Any) -> None:
        canary = self._canary
        status = canary.status | fields | {"lastTransitionTime": self._api.kernel.stamp()}
        self._canary = Canary(self._api.set_status(self._resource, canary.obj, status, manager=MANAGER))

    def _enter(self, phase: str, **more: Any) -> None:
        self._status(**self._canary.with_phase(phase, self._api.kernel.stamp(), **more))

    # -- the turn --------------------------------------------------------------------------------------------------

    def take(self) -> None:
        """Do what is due."""
        canary = self._canary
        if not canary.target:
            return
        if not canary.phase:
            self._enter("Initializing")
        if canary.spec.get("suspend"):
            self._tell("skipping canary run as object is suspended")
            return
        target = self._api.bucket(DEPLOYMENTS).get(canary.namespace, canary.target)
        if target is None:
            self._warn(f'deployment {canary.full_name} get query error: deployments.apps "{canary.target}" not found')
            return
        if not selector_label(target):
            wanted_labels = f"spec.selector.matchLabels must contain one of [{' '.join(LABELS)}]"
            self._warn(f"deployment {canary.full_name} {wanted_labels}")
            return
        objects = Objects(self._api, self._canary, target)
        objects.make_services()
        if self._canary.phase == "Initializing":
            self._initialize(objects)
        else:
            self._go_on(objects)

    def _initialize(self, objects: Objects) -> None:
        canary = self._canary
        if canary.analysis.get("metrics") and not canary.spec.get("skipAnalysis"):
            self._tell("all the metrics providers are available!")
        objects.make_primary()
        waits = self._primary_waits(objects)
        if waits is not None:
            self._warn(f"{objects.primary_name}.{canary.namespace} not ready: {waits.why}")
            if not waits.is_retriable:
                self._fail(objects, lastAppliedSpec=hash_of(objects.target))
            return
        objects.take_apex()
        objects.scale_target(0)
        objects.make_route()
        digest = hash_of(objects.target)
        self._enter("Initialized", lastAppliedSpec=digest, lastPromotedSpec=digest, trackedConfigs={})
        self._tell(f"Initialization done! {canary.full_name}")

    def _primary_waits(self, objects: Objects) -> Unready | None:
        primary = objects.primary
        if primary is None:
            return Unready(f'deployments.apps "{objects.primary_name}" not found')
        return unready(primary, self._canary.deadline, self._api.kernel.now)

    def _go_on(self, objects: Objects) -> None:
        canary, digest = self._canary, hash_of(objects.target)
        applied, promoted = canary.status.get("lastAppliedSpec"), canary.status.get("lastPromotedSpec")
        is_new = digest not in (applied, promoted)
        if not is_new and canary.phase not in (*UNDER_WAY, "Waiting"):
            if canary.phase == "Failed" and digest != applied:
                self._status(lastAppliedSpec=digest)
            return
        if canary.phase not in UNDER_WAY and not self._gate("confirm-rollout", "approval", phase="Waiting"):
            return
        if not canary.spec.get("skipAnalysis") and not self._primary_is_ready(objects, digest):
            return
        if canary.phase not in UNDER_WAY:
            self._begin(objects, digest)
        elif is_new:
            self._tell(f"New revision detected! Restarting analysis for {canary.full_name}")
            objects.weigh(0)
            self._enter("Progressing", lastAppliedSpec=digest, failedChecks=0, iterations=0, canaryWeight=0)
        else:
            self._analyse(objects)

    def _primary_is_ready(self, objects: Objects, digest: str) -> bool:
        """Whether the primary is ready; if it never will be, the canary is rolled back, or its promotion fails."""
        waits, canary = self._primary_waits(objects), self._canary
        if waits is None:
            return True
        words = f"{objects.primary_name}.{canary.namespace} not ready: {waits.why}"
        self._warn(words)
        if waits.is_retriable:
            return False
        if canary.phase == "Promoting":
            objects.weigh(100)
            self._warn(f"Promotion of {canary.full_name} failed, primary not ready: {words}")
            self._enter("Failed", canaryWeight=100)
        else:
            objects.weigh(0)
            self._fail(objects, lastAppliedSpec=digest)
        return False

    def _begin(self, objects: Objects, digest: str) -> None:
        canary, primary = self._canary, objects.primary
        self._tell(f"New revision detected! Scaling up {canary.full_name}")
        size = wanted(objects.target) or (wanted(primary) if primary is not None else 1)
        objects.scale_target(size)
        self._enter("Progressing", lastAppliedSpec=digest, failedChecks=0, iterations=0, canaryWeight=0)

    def _fail(self, objects: Objects, **more: Any) -> None:
        self._warn(f"Canary failed! Scaling down {self._canary.full_name}")
        objects.scale_target(0)
        self._enter("Failed", **more)

    # -- the analysis ----------------------------------------------------------------------------------------------

    def _analyse(self, objects: Objects) -> None:
        canary, where = self._canary, self._canary.full_name
        waits = unready(objects.target, canary.deadline, self._api.kernel.now)
        if canary.spec.get("skipAnalysis"):
            self._skip(objects)
        elif waits is not None and canary.phase not in ("Promoting", "Finalising"):
            self._warn(f"canary deployment {where} not ready: {waits.why}")
            if not waits.is_retriable:
                objects.weigh(0)
                self._fail(objects)
        elif canary.phase == "Promoting":
            self._shift_back(objects)
        elif canary.phase == "Finalising":
            self._finish(objects)
        elif canary.counted("failedChecks") >= canary.threshold:
            self._warn(f"Rolling back {where} failed checks threshold reached {canary.counted('failedChecks')}")
            objects.weigh(0)
            self._fail(objects)
        elif self._check(objects):
            self._advance(objects)

    def _skip(self, objects: Objects) -> None:
        where = self._canary.full_name
        objects.weigh(0)
        self._tell(f"Copying {where} template spec to {objects.primary_name}.{self._canary.namespace}")
        objects.promote()
        objects.scale_target(0)
        self._enter("Succeeded", lastPromotedSpec=self._canary.status.get("lastAppliedSpec"))
        self._tell(f"Promotion completed! Canary analysis was skipped for {where}")

    def _check(self, objects: Objects) -> bool:
        """Ask the webhooks and metrics of this interval; whether they are well."""
        canary, where = self._canary, self._canary.full_name
        if not objects.weight and not canary.counted("iterations"):
            self._tell(f"Starting canary analysis for {where}")
            for hook in canary.hooks("pre-rollout"):
                if not checks.passes(hook):
                    words = f"Halt {where} advancement pre-rollout check {hook.get('name')} failed Forbidden"
                    return self._count_failure(words)
                self._tell(f"Pre-rollout check {hook.get('name')} passed")
            return True
        failure = checks.failed_check(canary, self._number)
        return self._count_failure(failure) if failure else True

    def _count_failure(self, failure: str) -> bool:
        self._warn(failure)
        self._status(failedChecks=self._canary.counted("failedChecks") + 1)
        return False

    def _gate(self, type_: str, approval: str, *, phase: str = "") -> bool:
        """Whether all gates of a type are open; a phase is entered if one is shut."""
        canary = self._canary
        for hook in canary.hooks(type_):
            if not checks.passes(hook):
                if canary.phase != phase:
                    words = f"Halt {canary.full_name} advancement waiting for {approval} {hook.get('name')}"
                    self._warn(words)
                if phase:
                    self._enter(phase)
                return False
            self._tell(f"{type_.capitalize()} check {hook.get('name')} passed")
        return True

    def _advance(self, objects: Objects) -> None:
        canary = self._canary
        if not canary.iterations:
            self._advance_weight(objects)
            return
        done, goal, where = canary.counted("iterations"), canary.iterations, canary.full_name
        if done < goal:
            if canary.is_ab:
                objects.weigh(100)
            elif canary.analysis.get("mirror"):
                objects.weigh(0, mirrors=True)
            self._status(iterations=done + 1)
            self._tell(f"Advance {where} canary iteration {done + 1}/{goal}")
        elif self._gate("confirm-promotion", "promotion approval", phase="WaitingPromotion"):
            if done > goal or canary.is_ab:
                self._promote(objects)
                return
            if canary.has_route:
                words = "Stop traffic mirroring and route all traffic to canary"
                self._tell(words if canary.analysis.get("mirror") else "Routing all traffic to canary")
                objects.weigh(100)
            self._status(iterations=done + 1)

    def _advance_weight(self, objects: Objects) -> None:
        weight = objects.weight
        following = self._canary.next_weight(weight)
        if not self._gate("confirm-traffic-increase", "traffic increase approval"):
            return
        if following > weight:
            objects.weigh(following)
            self._status(canaryWeight=following)
            self._tell(f"Advance {self._canary.full_name} canary weight {following}")
        elif self._gate("confirm-promotion", "promotion approval", phase="WaitingPromotion"):
            self._promote(objects)

    # -- promotion -------------------------------------------------------------------------------------------------

    def _promote(self, objects: Objects) -> None:
        self._tell(f"Copying {self._canary.full_name} template spec to {objects.primary_name}.{self._canary.namespace}")
        objects.promote()
        self._enter("Promoting")

    def _shift_back(self, objects: Objects) -> None:
        canary = self._canary
        step, weight = canary.number("stepWeightPromotion", 0), objects.weight
        if canary.has_route and step and not canary.iterations:
            weight = max(0, weight - step)
            objects.weigh(weight)
            self._tell(f"Advance {canary.full_name} primary weight {100 - weight}")
            if weight:
                self._status(canaryWeight=weight)
                return
        elif canary.has_route:
            self._tell("Routing all traffic to primary")
            objects.weigh(0)
        self._enter("Finalising")

    def _finish(self, objects: Objects) -> None:
        canary = self._canary
        objects.scale_target(0)
        self._enter("Succeeded", lastPromotedSpec=canary.status.get("lastAppliedSpec"))
        for hook in canary.hooks("post-rollout"):
            if checks.passes(hook):
                self._tell(f"Post-rollout check {hook.get('name')} passed")
            else:
                self._warn(f"Post-rollout hook {hook.get('name')} failed Forbidden")
        self._tell(f"Promotion completed! Scaling down {canary.full_name}")

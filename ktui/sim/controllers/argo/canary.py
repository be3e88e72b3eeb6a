"""The canary strategy: steps, weights, and the sizes that go with them (rollout/canary.go, trafficrouting.go)."""

from __future__ import annotations

from typing import Any

from ktui.sim.controllers.argo import services, sizes
from ktui.sim.controllers.argo.judging import Turn
from ktui.sim.controllers.argo.rollout import SCALE_DOWN_DEADLINE, available, hash_of, pause_seconds, revision_of
from ktui.sim.controllers.argo.status import steps_hash
from ktui.sim.controllers.sizes import wanted
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
PAUSE = "CanaryPauseStep"


class CanaryTurn(Turn):
    """One look at a Rollout with canary steps."""

    def roll(self) -> None:
        """Take the update a step further."""
        if self.has_changed:
            self.sync_revision()
            self._finish_turn()
            return
        self.sync_revision()
        if self.restart_pods() > 0:
            return
        self.runs.forget(self.revisions.prune(self.rollout))
        self._point_services()
        self._weigh()
        self.experiments.reconcile(self)
        self.runs.reconcile(self)
        if not self.pauses_now and not self._resize():
            self._pause_at_step()
        self._finish_turn()

    def scale_only(self) -> None:
        """The Rollout was scaled: bring sizes into line, and leave the rest for later."""
        self._resize()
        counts = self.base_status()
        status = dict(self.rollout.status)
        self.persist(status | {name: counts[name] for name in ("availableReplicas", "HPAReplicas")})

    # -- sizes -------------------------------------------------------------------------------------------------

    def _resize(self) -> bool:
        """Scale one thing at a time: whether something was."""
        if self.is_held:
            return False
        self.lift_deadlines()
        stable, new = self.revisions.stable, self.revisions.new
        if stable is not None and hash_of(stable) != hash_of(new):
            # By the weights of the turn before, so that the stable revision shrinks after the traffic has left it.
            weights = (self.rollout.status.get("canary") or {}).get("weights")
            if self.resize(stable, self._sizes(weights)[1]):
                return True
        return self.resize_new(self._sizes(self.draft["canary"].get("weights"))[0]) or self._resize_others()

    def _sizes(self, weights: JSON | None) -> tuple[int, int]:
        new, stable = self.revisions.new, self.revisions.stable
        if self.rollout.routing is None:
            return sizes.basic(self.rollout, new, stable, self.revisions.others)
        return sizes.routed(self.rollout, new, stable, weights)

    def _resize_others(self) -> bool:
        """What is neither new nor stable goes, unless it still gets traffic, or may stay after a switch."""
        changed = False
        for rs in [rs for rs in self.revisions.others if wanted(rs) > available(rs)]:
            changed = self.resize(rs, available(rs)) or changed
        least = self.rollout.replicas - self.rollout.max_unavailable
        spare, kept = sum(map(available, self.revisions.all)) - least, 0
        if spare <= 0:
            return False
        for rs in sorted(self.revisions.others, key=revision_of, reverse=True):
            if not wanted(rs) or spare <= 0:
                continue
            size = 0
            if self.rollout.routing is None:
                size = max(0, wanted(rs) - spare)
            elif self._gets_traffic(rs):
                continue
            elif self._may_stay(rs):
                kept, size = self.size_after_switch(rs, kept, wanted(rs))
            if wanted(rs) != size:
                spare -= wanted(rs) - size
                current = self.revisions.by_hash(hash_of(rs))
                changed = (current is not None and self.resize(current, size)) or changed
        return changed

    def _may_stay(self, rs: JSON) -> bool:
        """Whether a revision that was stable is kept for a while."""
        if (self.rollout.canary or {}).get("dynamicStableScale"):
            return False
        return self.rollout.is_promoted or SCALE_DOWN_DEADLINE in (rs["metadata"].get("annotations") or {})

    def _gets_traffic(self, rs: JSON) -> bool:
        canary, weights = self.rollout.canary or {}, (self.rollout.status.get("canary") or {}).get("weights") or {}
        named = {(weights.get(side) or {}).get("podTemplateHash") for side in ("canary", "stable")}
        for name in (canary.get("canaryService"), canary.get("stableService")):
            named.add(services.selected(services.service(self.world.api, self.rollout, name)))
        return hash_of(rs) in named

    # -- traffic -----------------------------------------------------------------------------------------------

    def _tell(self, reason: str, message: str) -> None:
        self.tell(reason, message)

    def _point_services(self) -> None:
        canary, stable = self.rollout.canary or {}, self.revisions.stable
        api, rollout = self.world.api, self.rollout
        services.point(api, rollout, canary.get("stableService"), stable, self._tell)
        # With a router, an abort moves the Service of the canary in `_weight`. The real controller moves it there and
        # back in every turn while the new revision has pods, and so keeps itself busy: that is not played.
        if not self.is_aborted:
            services.point(api, rollout, canary.get("canaryService"), self.revisions.new, self._tell)
        elif rollout.routing is None:
            services.point(api, rollout, canary.get("canaryService"), stable, self._tell)

    def _weigh(self) -> None:
        """Bring the weights into line with the step, as far as there are pods for them."""
        rollout, stable, new = self.rollout, self.revisions.stable, self.revisions.new
        if rollout.routing is None:
            self.draft["canary"].pop("weights", None)
            return
        weight = self._weight()
        share = (rollout.most_weight - weight) * rollout.replicas // rollout.most_weight
        if stable is None or available(stable) < share:
            return
        services.weigh(self.world.api, rollout, weight, self._tell)
        canary = rollout.canary or {}
        weights: JSON = {
            "canary": _side(weight, hash_of(new), canary.get("canaryService")),
            "stable": _side(rollout.most_weight - weight, hash_of(stable), canary.get("stableService")),
        }
        before = (rollout.status.get("canary") or {}).get("weights")
        if before != weights:
            was = (before or {}).get("canary", {}).get("weight")
            words = f"to {weight}" if before is None else f"from {was} to {weight}" if was != weight else ""
            self.tell("TrafficWeightUpdated", f"Traffic weight updated {words}")
            self.draft["canary"]["weights"] = weights

    def _weight(self) -> int:
        rollout, stable, new = self.rollout, self.revisions.stable, self.revisions.new
        if rollout.is_promoted:
            return 0
        before = ((rollout.status.get("canary") or {}).get("weights") or {}).get("canary", {}).get("weight")
        dynamic = (rollout.canary or {}).get("dynamicStableScale")
        if self.is_aborted:
            weight = self._weight_after_abort(before) if dynamic else 0
            if weight == 0:
                canary_service = (rollout.canary or {}).get("canaryService")
                services.point(self.world.api, rollout, canary_service, stable, self._tell, waits=False)
            return weight
        if not available(new):
            return 0
        if rollout.promotes_fully:
            if dynamic:
                return rollout.most_weight * available(new) // max(rollout.replicas, 1)
            return int(before or 0)
        if not rollout.steps:
            return 0
        if not sizes.is_at_size(rollout, new, stable, self.revisions.others, None):
            done = reversed(rollout.steps[: rollout.step_index])
            return next((int(step["setWeight"]) for step in done if step.get("setWeight") is not None), 0)
        return sizes.set_weight(rollout)

    def _weight_after_abort(self, before: int | None) -> int:
        """With a dynamic stable size, traffic goes back as fast as the stable revision grows."""
        rollout, stable = self.rollout, self.revisions.stable
        most = rollout.most_weight
        asked = sizes.desired_weight(rollout, self.revisions.new, stable)
        carried = most * available(stable) // max(rollout.replicas, 1)
        open_weight = max(0, most - carried)
        if before is None:
            return max(open_weight, asked)
        if asked <= 0:
            return min(open_weight, before)
        return before if carried < most - asked else min(asked, before)

    # -- steps -------------------------------------------------------------------------------------------------

    def _pause_at_step(self) -> None:
        rollout, step = self.rollout, self.rollout.step
        if rollout.is_user_paused or rollout.promotes_fully or step is None or step.get("pause") is None:
            return
        pause = rollout.pause(PAUSE)
        if pause is None:
            if not rollout.status.get("controllerPause"):
                self.pause(PAUSE)
        elif (seconds := pause_seconds(step["pause"])) is not None:
            left = seconds_of(pause["startTime"]) + seconds - self.now
            if left > 0:
                self.look_again_in(left)

    def _is_step_done(self, status: JSON) -> bool:
        rollout, step = self.rollout, self.rollout.step
        if rollout.is_user_paused or step is None:
            return False
        match step:
            case {"pause": pause}:
                return self._is_pause_over(pause)
            case {"setWeight": _} | {"setCanaryScale": _}:
                weights = status["canary"].get("weights")
                return sizes.is_at_size(
                    rollout, self.revisions.new, self.revisions.stable, self.revisions.others, weights
                )
            case {"analysis": _}:
                return self.runs.phase("step") == "Successful"
            case {"experiment": _}:
                return self.experiments.phase == "Successful"
        return True

    def _is_pause_over(self, pause: JSON) -> bool:
        there = self.rollout.pause(PAUSE)
        if there is None:
            return bool(self.rollout.status.get("controllerPause"))
        seconds = pause_seconds(pause)
        return seconds is not None and seconds_of(there["startTime"]) + seconds < self.now

    def _finish_turn(self) -> None:
        rollout, steps = self.rollout, len(self.rollout.steps)
        status = self.base_status()
        status["currentStepHash"] = steps_hash(rollout)
        index = rollout.step_index if steps else None
        if self.has_changed:
            self.reset(status)
            if steps and rollout.stable_hash == hash_of(self.revisions.new):
                self.tell("SkipSteps", "Rollback to stable ReplicaSets")
                status["currentStepIndex"] = steps
            elif steps and self.is_within_window and wanted(self.revisions.new):
                self.tell("SkipSteps", "Rollback to active ReplicaSets within RollbackWindow")
                status["currentStepIndex"] = steps
            self.persist(status)
            return
        if rollout.promotes_fully or self.is_within_window:
            self.clear()
            index = steps or index
        if why := self._why_promoted(index):
            self.promote(status, why)
        elif self.is_aborted:
            if steps:
                status["currentStepIndex"] = steps if status["stableRS"] == status["currentPodHash"] else 0
        else:
            if self._is_step_done(status) and rollout.step is not None and index is not None:
                self.step_done(rollout.step)
                index += 1
                status["canary"].pop("currentStepAnalysisRunStatus", None)
                self.lift(PAUSE)
            status["currentStepIndex"] = index
        self.persist(status)

    def _why_promoted(self, index: int | None) -> str:
        """Why the new revision is the stable one now; empty where it is not."""
        rollout, steps = self.rollout, len(self.rollout.steps)
        if self.revisions.stable is None:
            return "Initial deploy"
        if self.is_aborted or available(self.revisions.new) < rollout.replicas:
            return ""
        if rollout.promotes_fully:
            return "Full promotion requested"
        if self.is_fast_rollback:
            return "Rollback within window" if self.is_within_window else "Fast rollback"
        return f"Completed all {steps} canary steps" if not steps or rollout.step is None else ""


def _side(weight: int, digest: str, name: str | None) -> JSON:
    side: JSON = {"weight": weight, "podTemplateHash": digest, "serviceName": name}
    return {field: value for field, value in side.items() if value not in ("", None)}

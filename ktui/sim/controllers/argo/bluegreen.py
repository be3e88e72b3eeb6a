"""The blue-green strategy: a preview beside what serves, and the switch of the Services (rollout/bluegreen.go)."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import format_selector
from ktui.sim.controllers.argo import services, sizes
from ktui.sim.controllers.argo.judging import Turn
from ktui.sim.controllers.argo.rollout import available, hash_of, is_saturated, revision_of
from ktui.sim.controllers.sizes import wanted
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
PAUSE = "BlueGreenPause"


class BlueGreenTurn(Turn):
    """One look at a Rollout with an active Service, and perhaps a preview."""

    @property
    def _strategy(self) -> JSON:
        return self.rollout.blue_green or {}

    @property
    def _state(self) -> JSON:
        return self.rollout.status.get("blueGreen") or {}

    def _service(self, which: str) -> JSON | None:
        """The Service of this name; None where the strategy names none. Raises ApiError where it is gone."""
        name = self._strategy.get(which)
        found = services.service(self.world.api, self.rollout, name)
        if name and found is None:
            raise ApiError(404, "NotFound", f'service "{name}" not found')
        return found

    def _tell(self, reason: str, message: str) -> None:
        self.tell(reason, message)

    def _switch(self, found: JSON, digest: str) -> None:
        services.switch(self.world.api, self.rollout, found, digest, self._tell)

    def roll(self) -> None:
        """Take the update a step further."""
        preview = self._service("previewService")
        self._service("activeService")
        self.sync_revision()
        if preview is not None and not self.is_held:
            self._switch(preview, hash_of(self.revisions.new))
        if not self.has_changed:
            self.restart_pods()
            self._resize()
            self._reconcile_pause()
            self._switch_active()
            self.runs.reconcile(self)
        self._finish_turn()

    def scale_only(self) -> None:
        """The Rollout was scaled: bring sizes into line, and leave the rest for later."""
        self._resize()
        status = self.rollout.status | {
            name: value for name, value in self._counts(self._state).items() if name != "selector"
        }
        self.persist(status)

    def _resize(self) -> None:
        self.lift_deadlines()
        if self.revisions.stable is not None:
            self.resize(self.revisions.stable, self.rollout.replicas)
        self.resize_new(sizes.preview_size(self.rollout, self.revisions.new, self.revisions.all))
        self._resize_others()
        self.runs.forget(self.revisions.prune(self.rollout))

    def _resize_others(self) -> None:
        if self.rollout.pause("InconclusiveAnalysisRun") is not None or self._waits_for_analysis:
            return
        used = {
            self.rollout.status.get("currentPodHash"),
            self._state.get("activeSelector"),
            self._state.get("previewSelector"),
        }
        used |= {services.selected(self._service(which)) for which in ("activeService", "previewService")}
        kept = 0
        for rs in sorted(self.revisions.others, key=revision_of, reverse=True):
            if wanted(rs) and hash_of(rs) not in used:
                kept, size = self.size_after_switch(rs, kept, self.rollout.replicas)
                current = self.revisions.by_hash(hash_of(rs))
                if current is not None and wanted(current) != size:
                    self.resize(current, size)

    @property
    def _waits_for_analysis(self) -> bool:
        """Whether the old revision has to stay for a way back: the analysis after the switch runs."""
        if not self._strategy.get("postPromotionAnalysis") or self._strategy.get("scaleDownDelaySeconds") is not None:
            return False
        return not self.rollout.is_promoted and self.runs.phase("post") != "Successful"

    @property
    def _is_ready(self) -> bool:
        """Whether the new revision has the pods that it is to have before the switch."""
        new = self.revisions.new
        size = sizes.preview_size(self.rollout, new, self.revisions.all)
        return wanted(new) == size == available(new)

    @property
    def _is_fast(self) -> bool:
        selects = services.selected(self._service("activeService"))
        fast = self.is_fast_rollback or self.rollout.promotes_fully
        return fast or not selects or selects == hash_of(self.revisions.new)

    @property
    def _wants_pause(self) -> bool:
        return self._strategy.get("autoPromotionEnabled") is False or self._strategy.get("autoPromotionSeconds", 0) > 0

    def _reconcile_pause(self) -> None:
        if self.rollout.is_aborted or not self._is_ready or self.is_held:
            return
        if self._is_fast or self._state.get("scaleUpPreviewCheckPoint") or not self._wants_pause:
            self.lift(PAUSE)
            return
        if not self._is_analysed:
            return
        pause = self.rollout.pause(PAUSE)
        if pause is None:
            if not self.rollout.status.get("controllerPause"):
                self.pause(PAUSE)
        elif self._is_pause_over:
            self.lift(PAUSE)
        elif seconds := self._strategy.get("autoPromotionSeconds", 0):
            self.look_again_in(seconds_of(pause["startTime"]) + seconds - self.now)

    @property
    def _is_analysed(self) -> bool:
        """Whether the analysis before the switch has found nothing wrong."""
        return not self._strategy.get("prePromotionAnalysis") or self.runs.phase("pre") == "Successful"

    @property
    def _is_pause_over(self) -> bool:
        pause = self.rollout.pause(PAUSE)
        if self.pauses_now:
            return False
        if self._state.get("scaleUpPreviewCheckPoint"):
            return True
        if self._strategy.get("autoPromotionEnabled") is not False:
            seconds = self._strategy.get("autoPromotionSeconds", 0)
            if seconds == 0:
                return True
            return pause is not None and seconds_of(pause["startTime"]) + seconds < self.now
        return bool(self.rollout.status.get("controllerPause")) and pause is None

    def _switch_active(self) -> None:
        active = self._service("activeService")
        if active is None or self.is_held or not self._is_ready:
            return
        if not is_saturated(self.rollout, self.revisions.new):
            return
        digest = services.selected(active)
        if self._is_fast or (self._is_pause_over and self._is_analysed):
            digest = hash_of(self.revisions.new)
        if self.rollout.is_aborted:
            digest = self.rollout.stable_hash
        self._switch(active, digest)

    # -- the status --------------------------------------------------------------------------------------------

    def _counts(self, state: JSON) -> JSON:
        """Who is counted: the pods that serve."""
        active = self.revisions.by_hash(state.get("activeSelector", ""))
        if active is None:
            return {}
        counts = active["status"]
        return {
            "HPAReplicas": counts.get("replicas", 0),
            "availableReplicas": counts.get("availableReplicas", 0),
            "readyReplicas": counts.get("readyReplicas", 0),
            "selector": format_selector(active["spec"]["selector"]),
        }

    def _finish_turn(self) -> None:
        status = self.base_status()
        changed = self.has_changed
        if changed:
            self.reset(status)
        if self.rollout.promotes_fully or self.is_within_window:
            self.clear()
        state = status["blueGreen"]
        state["previewSelector"] = services.selected(self._service("previewService"))
        state["activeSelector"] = services.selected(self._service("activeService"))
        if why := self._why_promoted(state["activeSelector"], status["currentPodHash"]):
            self.promote(status, why)
        else:
            state["scaleUpPreviewCheckPoint"] = not changed and self._has_passed_preview()
        self.persist(status | self._counts(status["blueGreen"]))

    def _has_passed_preview(self) -> bool:
        """Whether the preview was there and waited for long enough: it may get all of its pods."""
        size = self._strategy.get("previewReplicaCount")
        if size is None or self._state.get("scaleUpPreviewCheckPoint"):
            return size is not None
        return self._is_analysed and self._is_pause_over and available(self.revisions.new) == size

    def _why_promoted(self, active: str, current: str) -> str:
        """Why the new revision is the stable one now; empty where it is not."""
        if self.revisions.stable is None or not active:
            return "Initial deploy"
        if active != current:
            return ""
        if self.rollout.promotes_fully:
            return "Full promotion requested"
        if self.is_fast_rollback:
            return "Rollback within window" if self.is_within_window else "Fast rollback"
        if self.is_aborted:
            return ""
        if self._strategy.get("postPromotionAnalysis") and self.runs.phase("post") != "Successful":
            return ""
        return "Completed blue-green update"

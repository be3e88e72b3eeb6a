"""What a kind of workload is: one implementation in each folder here, all of them named in `registry`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ktui.model.objects import Pod
from ktui.model.resources import PODS, Resource
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track
from ktui.rollout.revisions import template_of
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.plans.request import Action
    from ktui.plans.subject import Known, Subject
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.revisions import Refusal
    from ktui.rollout.track_record import Accounts

W = TypeVar("W", bound=Workload)


class Kind(ABC, Generic[W]):
    """One kind of workload: how its rollouts are read, and what can be done to it.

    What it needs for screens that are not open at the start, and for actions, it imports when it is asked: the first
    frame does not wait for them.
    """

    resource: ClassVar[Resource]
    parts: ClassVar[tuple[Resource, ...]]
    """What tells how its rollouts go, listed and watched with it: first what keeps its revisions."""
    pods_labelled: ClassVar[str] = ""
    """A label of pods that tell how its rollouts go without being its own; empty if there are none."""
    read_with: ClassVar[tuple[Resource, ...]] = ()
    """What an action on one is planned on besides: first what keeps its revisions. Empty means `parts`."""
    has_deadline: ClassVar[bool] = False
    """Whether its controller gives a rollout up after a while, so that nobody waits indefinitely."""
    is_judged_alone: ClassVar[bool] = True
    """Whether its verdict needs no other object: one that follows another workload does not show a change of that."""
    no_abort: ClassVar[str] = ""
    """Why nothing of this kind can be aborted, whatever its state, in a sentence; empty if it can."""
    canary_of_traffic: ClassVar[bool] = False
    """Whether the size of a canary is its share of the traffic, not a number of pods."""
    can_surge: ClassVar[bool] = False
    """Whether a canary can be held beside all old pods."""

    # Reading

    @abstractmethod
    def rollout(self, store: Store, workload: W, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        """The track with what is seen now (None: the first look), and everything known of it, in answers."""

    @abstractmethod
    def verdict(self, workload: W) -> Verdict:
        """What the command that people know says of its status, word for word."""

    @abstractmethod
    def revisions(self, store: Store, workload: W) -> tuple[Revision, ...]:
        """Its revisions with their pods, the newest first; last the pods of no known revision."""

    @abstractmethod
    def detail(self, store: Store, workload: W, track: Track, now: datetime, policies: Policies | None) -> Detail:
        """Everything that the detail screen shows; `policies` is what acts on its pods, if that was read."""

    @abstractmethod
    def history(self, store: Store, workload: W, took: float | None, remembered: Accounts | None) -> History:
        """Its revisions as an operator asks for them.

        `took` is how long the rollout of the live template took, in seconds, `remembered` what is known of those that
        were watched.
        """

    @abstractmethod
    def happened(self, store: Store, workload: W) -> Iterable[Stamp]:
        """What its objects and their events tell of what happened, in no order."""

    def is_paused(self, workload: W) -> bool:
        """Whether a person stopped it."""
        return False

    def rolls_by_itself(self, workload: W) -> bool:
        """Whether its controller replaces pods without being asked for each."""
        return True

    def replicas(self, workload: W) -> int | None:
        """How many pods its spec asks for; None if it cannot be scaled."""
        return None

    def depends_on(self, store: Store, workload: W) -> tuple[Pod, ...]:
        """The pods on which the end of its rollout depends."""
        return next((each.pods for each in self.revisions(store, workload) if each.is_current), ())

    def running_revision(self, workload: W) -> int | None:
        """The number of the live revision, if the workload itself tells it: `kubectl rollout status --revision`."""
        return None

    def held_back(self, workload: W) -> str:
        """What stays as before although the verdict is that it is complete, in one sentence; nothing if all changed."""
        return ""

    def first_numbers(self, revisions: Sequence[Revision]) -> dict[str, int]:
        """The number that each of these had when it was made, by uid; what came back and lost it is left out."""
        return {each.uid: min((*each.former, each.number)) for each in revisions}

    def ended_as_stamped(self, workload: W, rollout: Rollout) -> bool:
        """Whether the stamp of the end is that of the rollout, and not of something that came between or after it."""
        return False

    def template_of(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The pod template of a workload or of what keeps one of its revisions, as the API has it. It is a copy."""
        return template_of(raw)

    # Acting

    @property
    def kept_in(self) -> tuple[Resource, ...]:
        """What is read with a workload before an action on it: first what keeps its revisions."""
        return self.read_with or self.parts

    def known(self, store: Store, workload: W, remembered: Accounts) -> Known[Any, Any]:
        """What the streams have brought of a workload, as its rules look at it."""
        from ktui.plans.subject import Known  # noqa: PLC0415

        uid = workload.metadata.uid
        revisions = tuple(store.parts(uid, self.kept_in[0].type))
        pods = tuple(store.pods(uid)) if PODS in self.kept_in else ()
        return Known(workload=workload, revisions=revisions, pods=pods, remembered=remembered)

    def subject(
        self, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
    ) -> Subject[Any, Any]:
        """The same from raw objects, as an action is planned on it; `listed` is in the order of `kept_in`.

        `around` are the other members of `Subject`. Raises msgspec.ValidationError for what is not one of these.
        """
        from ktui.plans.subject import subject  # noqa: PLC0415

        kept_as: Any = self.kept_in[0].type
        return subject(self.resource.type, kept_as, raw, *listed, now=now, **around)

    def template_in(self, raw: dict[str, Any]) -> tuple[Resource, str] | None:
        """What has its template and keeps its revisions, by resource and name in its namespace; None: it does."""
        return None

    def holds(self, workload: Workload) -> str:
        """What of this kind holds that workload of another one now, as a command names it; nothing if nothing does.

        What is done to the course of its rollout by hand is taken back then, without a word.
        """
        return ""

    def of_target(self, claimant: W, target: Workload, action: Action) -> str:
        """What becomes of an action on a workload that one of this kind rolls out, in a sentence.

        Empty if it makes no difference.
        """
        return ""

    def rolls_out_for(self, claimant: W, target: Workload, *, is_empty: bool) -> bool:
        """Whether its rollout tells how a change of that workload goes, which may be to have no pods (`is_empty`)."""
        return False

    def also(self, raw: dict[str, Any]) -> tuple[tuple[Resource, str], ...]:
        """What else an action on it may change, by resource and name, in its namespace."""
        return ()

    def has_observed(self, raw: dict[str, Any]) -> bool:
        """Whether its controller has seen the spec as it is: of a whole object, as an action is planned on."""
        return bool((raw.get("status") or {}).get("observedGeneration", 0) >= raw["metadata"].get("generation", 0))

    @property
    @abstractmethod
    def acting(self) -> Acting[Any, Any]:
        """What can be done to one."""

    def refuse_part(self, action: Action, part: Workload) -> Refusal | None:
        """Why an action on a workload of another kind, which is a part of one of this kind, would be no use.

        None if it may be done, or if that workload is no such part. What it is a part of is not known here.
        """
        return None

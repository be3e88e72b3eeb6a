"""Images that someone changed in the Deployment of a revision: Knative neither shows that nor takes it back.

Its controller compares a hash label of its own, and not the Deployment (`checkAndUpdateDeployment` of
pkg/reconciler/revision).
"""

from __future__ import annotations

from collections.abc import Iterator

from ktui.kinds.knative_service.situation import Part, Situation
from ktui.rollout import images
from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy
from ktui.rollout.diagnosis.wording import fit


def of_hand_edits(situation: Situation) -> Iterator[Cause]:
    """A remark for each revision that does not run what it says."""
    for part in situation.parts:
        for container, wanted, found in edited(part):
            stated, runs = images.apart(wanted, found)
            yield Cause(
                Kind.CONTROLLER,
                fit(
                    f"{part.called} runs {runs} in place of {stated}: "
                    f"someone changed the Deployment {part.name}-deployment"
                ),
                blocking=False,
                try_next="set the image of the Service: Knative neither shows nor undoes the change of the Deployment",
                detail=f"container {container}: the revision has {wanted}, its Deployment {found}",
                remedies=(Remedy.SET_IMAGE,),
                remark=True,
            )


def edited(part: Part) -> Iterator[tuple[str, str, str]]:
    """Containers with the image of the revision and the other one that its Deployment has."""
    if part.deployment is None:
        return
    there = {each.name: each.image for each in part.deployment.spec.template.containers}
    digests = {each.name: each.image_digest for each in part.revision.status.container_statuses if each.image_digest}
    for container in part.revision.template.containers:
        wanted = digests.get(container.name) or container.image
        found = there.get(container.name)
        if found is not None and found not in (wanted, container.image):
            yield container.name, wanted, found

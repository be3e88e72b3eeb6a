"""Delete the pods that a StatefulSet would wait for, after a change of its template (docs/semantics.md, StatefulSets).

An OrderedReady StatefulSet replaces nothing while a pod is not ready, not even that pod. Deleted by hand it comes back
with the template of the moment, and so it is deleted only once the controller has seen the change.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ktui.actions.outcome import Done, Partly
from ktui.actions.verify import is_gone
from ktui.kube.api import Api
from ktui.kube.errors import AnswerLost, Conflict, Interrupted, KubeError, NotFound, ServerError
from ktui.model.objects import Pod
from ktui.model.resources import PODS
from ktui.plans.plan import Plan, PodToDelete
from ktui.rollout.podstatus import is_ready, is_terminating
from ktui.text import clean

_LOOKS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, *([1.0] * 14))
"""Seconds between looks at whether the controller has seen the change: a quarter of a minute in all."""

_ATTEMPTS: Final = 5
"""How often a pod that changes in the moment of its deletion is looked at again."""

_LOST: Final = (0.0, 0.5, 1.0, 1.5, 2.0, *[5.0] * 5)
"""Seconds to wait before each look at a pod whose deletion was not answered: half a minute in all."""


async def clear(api: Api, plan: Plan, done: Done) -> Done | Partly:
    """Delete the plan's pods, each only if it is still that pod and still not ready; what became of the action."""
    reason = await _waited(api, plan, done.after)
    deleted, left = [], dict.fromkeys(plan.deletes, reason) if reason else {}
    for unwanted in plan.deletes if not reason else ():
        try:
            if await _delete(api, plan.target.namespace, unwanted):
                deleted.append(unwanted.name)
        except KubeError as error:
            left[unwanted] = str(error).removesuffix(".")
    text = f"{done.sentence} Deleted pods: {_names(deleted)}." if deleted else done.sentence
    if not left:
        return Done(text, done.after)
    names = [unwanted.name for unwanted in left]
    hint = f"The StatefulSet waits for it: kubectl -n {plan.target.namespace} delete pod {' '.join(names)}"
    return Partly(f"{text} Not deleted: {_names(names)}, because {next(iter(left.values()))}.", clean(hint), done.after)


async def _waited(api: Api, plan: Plan, after: dict[str, Any]) -> str:
    """Wait until the controller has seen the change; why not, where it has not."""
    generation = (after.get("metadata") or {}).get("generation", 0)
    for pause in (*_LOOKS, None):
        try:
            now = await api.get_object(plan.path)
        except KubeError as error:
            return str(error).removesuffix(".")
        meta = now["metadata"]
        if meta.get("uid") != plan.target.uid or meta.get("generation", 0) != generation:
            return f"{plan.target} has changed again in the meantime"
        if (now.get("status") or {}).get("observedGeneration", 0) >= generation:
            return ""
        if pause is None:
            break
        await asyncio.sleep(pause)
    return "the controller has not seen the change yet"


async def _delete(api: Api, namespace: str, unwanted: PodToDelete) -> bool:
    """Whether it was deleted here: a pod that is gone, stopping or ready by now needs it no longer.

    It is asked for again only where the server has refused it. Raises KubeError, also where the outcome is not known.
    """
    is_sent = False
    for _ in range(_ATTEMPTS):
        try:
            pod = await api.read(PODS, namespace, unwanted.name)
        except NotFound:
            return is_sent
        assert isinstance(pod, Pod), "the type of the resource"
        if pod.metadata.uid != unwanted.uid or is_terminating(pod):
            return is_sent
        if is_ready(pod):
            return False
        version = pod.metadata.resource_version
        try:
            await api.delete(PODS, namespace, unwanted.name, uid=unwanted.uid, resource_version=version)
        except (AnswerLost, Interrupted, ServerError):
            await _looked_up(api, namespace, unwanted)
        except (Conflict, NotFound):
            # A proxy that sends it twice gets this for the second.
            is_sent = True
            continue
        return True
    raise KubeError(f"{unwanted.name} keeps changing: it was not deleted.")


async def _looked_up(api: Api, namespace: str, unwanted: PodToDelete) -> None:
    """Wait until the pod is gone, or stopping. Raises KubeError where it is neither for too long."""
    for pause in _LOST:
        await asyncio.sleep(pause)
        try:
            pod = await api.read(PODS, namespace, unwanted.name)
        except KubeError as error:
            if is_gone(error):
                return
            continue
        assert isinstance(pod, Pod), "the type of the resource"
        if pod.metadata.uid != unwanted.uid or is_terminating(pod):
            return
    raise KubeError(f"the response was lost and {unwanted.name} is still there; it may yet be deleted.")


def _names(names: list[str]) -> str:
    return clean(", ".join(names))

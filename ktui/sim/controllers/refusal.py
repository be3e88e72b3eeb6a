"""What else an API server may refuse pods for: a LimitRange, a webhook, a policy, in whose words the fate has it."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import errors
from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.node.fate import Fates

JSON = dict[str, Any]


class Refusals:
    """Admits every pod but those whose fate is to be `refused`: as Forbidden, or with another reason of the API."""

    def __init__(self, api: ApiServer, fates: Fates) -> None:
        self._fates = fates
        api.admission.append(self._admit)

    def _admit(self, resource: Resource, obj: JSON) -> None:
        if resource.kind != "Pod":
            return
        fate = self._fates.of(obj)
        if fate.kind == "refused":
            words = fate.message or "maximum memory usage per Container is 64Mi, but limit is 128Mi"
            raise _refusal(resource, obj["metadata"]["name"], fate.reason, words)


def _refusal(resource: Resource, name: str, reason: str, words: str) -> errors.ApiError:
    """A plugin of the API server says whose pod it forbids; a webhook speaks for itself, or does not answer at all."""
    match reason:
        case "BadRequest":
            return errors.bad_request(words)
        case "InternalError":
            return errors.internal(words)
        case _:
            return errors.forbidden(resource, name, words)

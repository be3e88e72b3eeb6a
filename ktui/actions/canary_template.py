"""The template of a manifest as the server would store it: with its defaults filled in."""

from __future__ import annotations

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import ApiError
from ktui.model.resources import resource_of
from ktui.plans.patch import expect
from ktui.plans.request import Canary, Request
from ktui.plans.subject import AnySubject


async def completed(api: Api, subject: AnySubject, request: Request) -> Request:
    """The request with what the server adds to its template, so that a plan shows what differs and nothing else.

    Where the server does not take the template, the request stays as it is: the plan's own dry run says why. Raises
    KubeError where the server cannot be reached.
    """
    if not isinstance(request, Canary) or request.template is None:
        return request
    meta, resource = subject.workload.metadata, resource_of(subject.workload)
    patch = (
        expect(("metadata", "uid"), meta.uid),
        {"op": "replace", "path": "/spec/template", "value": request.template},
    )
    try:
        answer = await api.patch(resource, meta.namespace, meta.name, patch, dry_run=True)
    except ApiError:
        return request
    return msgspec.structs.replace(request, template=answer["spec"]["template"])

"""Where the API has the objects of Knative Serving."""

from __future__ import annotations

from typing import Final

from ktui.kinds.knative_service.objects import (
    GROUP,
    KnativeIngress,
    KnativeRevision,
    KnativeService,
    Route,
)
from ktui.model.resources import Resource

SERVICES: Final = Resource(
    GROUP,
    "v1",
    "services",
    KnativeService,
    names=("ksvc", "kservice"),
    short="ksvc",
    kind="Service",
    title="Knative Service",
)
REVISIONS: Final = Resource(GROUP, "v1", "revisions", KnativeRevision, kind="Revision")
ROUTES: Final = Resource(GROUP, "v1", "routes", Route)
INGRESSES: Final = Resource("networking.internal.knative.dev", "v1alpha1", "ingresses", KnativeIngress, kind="Ingress")

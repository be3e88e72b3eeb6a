"""Configurations: each template becomes a Revision, of which the newest that is ready is remembered."""

from __future__ import annotations

from ktui.sim.controllers.knative.common import (
    CONFIGURATION,
    FALSE,
    GENERATION,
    GROUP,
    JSON,
    SERVICE,
    SERVICE_UID,
    TRUE,
    UNKNOWN,
    Says,
    World,
    label,
    reported,
)


class Configurations:
    """Plays the controller of Configurations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reconcile(self, configuration: JSON) -> None:
        """Make the revision of the present template, and tell how it does."""
        world, meta, status = self._world, configuration["metadata"], configuration.get("status") or {}
        name = _revision_name(configuration)
        revision = world.find(world.revisions, meta["namespace"], name)
        if revision is None:
            revision = self._make(configuration, name)
        ready, latest = reported(revision, "Ready"), status.get("latestReadyRevisionName")
        said = Says(UNKNOWN)
        if ready is not None and ready.status == TRUE:
            said = Says(TRUE)
            if latest != name:
                world.tell(configuration, "LatestReadyUpdate", f'LatestReadyRevisionName updated to "{name}"')
            latest = name
        elif ready is not None and ready.status == FALSE:
            said = Says(FALSE, "RevisionFailed", f'Revision "{name}" failed with message: {ready.message}.')
            if (reported(configuration, "Ready") or said).status != FALSE:
                words = f'Latest created revision "{name}" has failed'
                world.tell(configuration, "LatestCreatedFailed", words, "Warning")
        fields = {"latestCreatedRevisionName": name, "latestReadyRevisionName": latest}
        world.status(world.configurations, configuration, fields, {"Ready": said})

    def _make(self, configuration: JSON, name: str) -> JSON:
        world, meta = self._world, configuration["metadata"]
        template = configuration["spec"]["template"]
        own = template.get("metadata") or {}
        labels = (own.get("labels") or {}) | {
            CONFIGURATION: meta["name"],
            GENERATION: str(meta["generation"]),
            f"{GROUP}/configurationUID": meta["uid"],
            f"{GROUP}/routingState": "pending",
            SERVICE: label(configuration, SERVICE),
            SERVICE_UID: label(configuration, SERVICE_UID),
        }
        metadata = {"labels": labels, "annotations": own.get("annotations") or {}}
        made = world.make(world.revisions, configuration, name, metadata, template["spec"])
        world.tell(configuration, "Created", f'Created Revision "{name}"')
        return made


def _revision_name(configuration: JSON) -> str:
    meta = configuration["metadata"]
    own = (configuration["spec"]["template"].get("metadata") or {}).get("name")
    return str(own or f"{meta['name']}-{meta['generation']:05d}")

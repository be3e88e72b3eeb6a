"""From an item of the detail screen to the page that shows it in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.changes import Resource
from ktui.model.objects import Pod
from ktui.rollout.detail import Detail
from ktui.rollout.diff.templates import object_lines
from ktui.rollout.parts import parts_of
from ktui.tui.detail import lines as detail_lines
from ktui.tui.detail import pod_lines, why_lines
from ktui.tui.page import sections
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page
from ktui.tui.terminal.saving import folder_of

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp


def open_item(app: KtuiApp, uid: str, key: str, detail: Callable[[], Detail | None]) -> PageScreen | None:
    """The page of that item of the rollout with this uid; None if the item is gone.

    `detail` gives what is known of the rollout when the page is drawn: it follows what it is about.
    """
    sort, rest = _split(key)
    if sort == pod_lines.POD:
        return _pod(app, uid, rest)
    make = _pages(app, uid, sort, rest, detail)
    return PageScreen(make, folder_of(app)) if make() is not None else None


def _split(key: str) -> tuple[str, str]:
    head, mark, rest = key.partition(":")
    return head + mark, rest


def _pod(app: KtuiApp, uid: str, pod_uid: str) -> PageScreen | None:
    found = _find_pod(app, uid, pod_uid)
    if found is None:
        return None

    def make() -> Page | None:
        pod = _find_pod(app, uid, pod_uid)
        return sections.pod_page(pod, app.live.store.events(pod_uid), app.now()) if pod is not None else None

    async def yaml() -> list[str]:
        if app.connection is None:
            raise KubeError("There is no connection.")
        meta = found.metadata
        return object_lines(await Api(app.connection).get(Resource.PODS, meta.namespace, meta.name))

    def logs() -> None:
        app.open_logs(uid, pod_uid, is_old=_is_old(app, uid, pod_uid))

    return PageScreen(make, folder_of(app), yaml=yaml, logs=logs)


def _find_pod(app: KtuiApp, uid: str, pod_uid: str) -> Pod | None:
    workload = app.live.store.workload(uid)
    parts = parts_of(app.live.store, workload) if workload is not None else ()
    return next((pod for part in parts for pod in part.pods if pod.metadata.uid == pod_uid), None)


def _is_old(app: KtuiApp, uid: str, pod_uid: str) -> bool:
    workload = app.live.store.workload(uid)
    parts = parts_of(app.live.store, workload) if workload is not None else ()
    return any(pod.metadata.uid == pod_uid for part in parts if not part.is_current for pod in part.pods)


def _pages(
    app: KtuiApp, uid: str, sort: str, rest: str, detail: Callable[[], Detail | None]
) -> Callable[[], Page | None]:
    def make() -> Page | None:
        known = detail()
        if known is None:
            return None
        match sort:
            case why_lines.CAUSE | why_lines.REMARK:
                causes = known.rollout.causes if sort == why_lines.CAUSE else known.remarks
                return sections.cause_page(causes[int(rest)]) if int(rest) < len(causes) else None
            case detail_lines.EVENT:
                runs = detail_lines.event_runs(known.events)
                run = next((run for run in runs if any(row.uid == rest for row in run)), None)
                return sections.event_page(run, app.now()) if run is not None else None
            case pod_lines.REVISION:
                revision = next((each for each in known.revisions if each.uid == rest), None)
                return (
                    sections.revision_page(revision, _images(app, uid, revision.number), app.now())
                    if (revision is not None)
                    else None
                )
            case _:
                return None

    return make


def _images(app: KtuiApp, uid: str, number: int) -> list[str]:
    """The images of a revision as its template writes them: registry, tag and digest."""
    workload = app.live.store.workload(uid)
    parts = parts_of(app.live.store, workload) if workload is not None else ()
    templates = [part.template for part in parts if part.number == number and part.template is not None]
    return [
        f"{container.name}  {container.image}"
        for template in templates
        for container in (*template.init_containers, *template.containers)
    ]

"""From an item of the detail screen to the page that shows it in full."""

from __future__ import annotations

from collections.abc import Callable

from ktui.kinds.registry import revisions_of
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.objects import Pod
from ktui.model.resources import PODS
from ktui.rollout.detail import Detail
from ktui.rollout.diff.templates import object_lines
from ktui.tui.detail import lines as detail_lines
from ktui.tui.detail import pod_lines, why_lines
from ktui.tui.host import Host
from ktui.tui.messages import OpenLogs
from ktui.tui.page import sections
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page


def open_item(host: Host, uid: str, key: str, detail: Callable[[], Detail | None]) -> PageScreen | None:
    """The page of that item of the rollout with this uid; None if the item is gone.

    `detail` gives what is known of the rollout when the page is drawn: it follows what it is about.
    """
    sort, rest = _split(key)
    if sort == pod_lines.POD:
        return _pod(host, uid, rest)
    make = _pages(host, uid, sort, rest, detail)
    return PageScreen(make, host.options.folder) if make() is not None else None


def _split(key: str) -> tuple[str, str]:
    head, mark, rest = key.partition(":")
    return head + mark, rest


def _pod(host: Host, uid: str, pod_uid: str) -> PageScreen | None:
    found = _find_pod(host, uid, pod_uid)
    if found is None:
        return None

    def make() -> Page | None:
        pod = _find_pod(host, uid, pod_uid)
        return sections.pod_page(pod, host.live.store.events(pod_uid), host.now()) if pod is not None else None

    async def yaml() -> list[str]:
        if host.connection is None:
            raise KubeError("There is no connection.")
        meta = found.metadata
        return object_lines(await Api(host.connection).get(PODS, meta.namespace, meta.name))

    def logs() -> None:
        host.post_message(OpenLogs(uid, pod_uid, is_old=_is_old(host, uid, pod_uid)))

    return PageScreen(make, host.options.folder, yaml=yaml, logs=logs)


def _find_pod(host: Host, uid: str, pod_uid: str) -> Pod | None:
    workload = host.live.store.workload(uid)
    parts = revisions_of(host.live.store, workload) if workload is not None else ()
    return next((pod for part in parts for pod in part.pods if pod.metadata.uid == pod_uid), None)


def _is_old(host: Host, uid: str, pod_uid: str) -> bool:
    workload = host.live.store.workload(uid)
    parts = revisions_of(host.live.store, workload) if workload is not None else ()
    return any(pod.metadata.uid == pod_uid for part in parts if not part.is_current for pod in part.pods)


def _pages(
    host: Host, uid: str, sort: str, rest: str, detail: Callable[[], Detail | None]
) -> Callable[[], Page | None]:
    def make() -> Page | None:
        known = detail()
        if known is None:
            return None
        match sort:
            case why_lines.CAUSE | why_lines.REMARK:
                causes = known.rollout.causes if sort == why_lines.CAUSE else known.remarks
                return sections.cause_page(causes[int(rest)]) if int(rest) < len(causes) else None
            case why_lines.SECTION:
                found = known.sections[int(rest) : int(rest) + 1]
                return sections.kind_page(f"{known.rollout.kind} {known.rollout.name}", found) if found else None
            case detail_lines.EVENT:
                runs = detail_lines.event_runs(known.events)
                run = next((run for run in runs if any(row.uid == rest for row in run)), None)
                return sections.event_page(run, host.now()) if run is not None else None
            case pod_lines.REVISION:
                revision = next((each for each in known.revisions if each.uid == rest), None)
                return (
                    sections.revision_page(revision, _images(host, uid, revision.number), host.now())
                    if (revision is not None)
                    else None
                )
            case _:
                return None

    return make


def _images(host: Host, uid: str, number: int) -> list[str]:
    """The images of a revision as its template writes them: registry, tag and digest."""
    workload = host.live.store.workload(uid)
    parts = revisions_of(host.live.store, workload) if workload is not None else ()
    templates = [part.template for part in parts if part.number == number and part.template is not None]
    return [
        f"{container.name}  {container.image}"
        for template in templates
        for container in (*template.init_containers, *template.containers)
    ]

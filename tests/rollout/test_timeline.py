"""The time line: on every recording, and on clusters made by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ktui.kinds.registry import timeline_of
from ktui.model.changes import Gone
from ktui.model.objects import Deployment
from ktui.model.resources import EVENTS, PODS
from ktui.model.store import Store
from ktui.rollout.happenings import What
from ktui.rollout.timeline import Moment, RecordedAction
from tests.recorded import OF_DEPLOYMENTS, Said, recording
from tests.rollout.made import NOW, Made, ago, container, ended, running, waiting
from tests.rollout.replay import moments, store_at


def told(store: Store, *recorded: RecordedAction) -> tuple[Moment, ...]:
    return timeline_of(store, next(store.of_type(Deployment)), recorded)


def texts(found: tuple[Moment, ...]) -> list[str]:
    return [moment.text for moment in found]


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_every_recording_is_told_in_order_and_without_a_name_of_the_cluster_s_own(name: str) -> None:
    for at in {m.t for m in moments(name)[::7]}:
        store = store_at(name, at)
        for deployment in store.of_type(Deployment):
            found = timeline_of(store, deployment)
            assert [moment.at for moment in found] == sorted(moment.at for moment in found)
            assert all(moment.at <= moment.until for moment in found)
            assert len(texts(found)) == len({(moment.at, moment.text) for moment in found})
            assert not any("replica set" in text or "revision 0" in text for text in texts(found))


def test_a_rolling_update_from_its_first_pod_to_its_last() -> None:
    found = texts(told(store_at("rolling-update", moments("rolling-update")[-1].t)))
    story = [
        "the Deployment was made",
        "revision 1 was made: web:1.0",
        "revision 1 scaled up from 0 to 6",
        "6 pods of revision 1 were made",
        "revision 2 was made: web:1.1",
        "revision 2 scaled up from 0 to 2",
        "6 pods of revision 2 were made",
        "6 pods of revision 1 were asked to stop",
        "6 pods of revision 2 became ready",
        "complete: revision 2 is rolled out in full",
    ]
    places = [next(i for i, text in enumerate(found) if text.startswith(part)) for part in story]
    assert places == sorted(places)


def test_a_crash_loop_is_a_warning_and_what_follows_is_not() -> None:
    found = told(store_at("crashloop-deadline-undo", moments("crashloop-deadline-undo")[-1].t))
    warnings = [moment for moment in found if moment.is_warning]
    assert [moment.text for moment in warnings] == [
        "2 pods of revision 2: BackOff: Back-off restarting failed container"
    ]
    assert warnings[0].times == 8
    assert found[-1].text == "complete: revision 3 is rolled out in full"


def test_what_came_back_did_earlier_things_under_its_earlier_number() -> None:
    found = texts(told(store_at("crashloop-deadline-undo", moments("crashloop-deadline-undo")[-1].t)))
    made = [text for text in found if "was made" in text and text.startswith("revision")]
    assert made[0].startswith("revision 1 (now 3) was made")
    assert found[-1] == "complete: revision 3 is rolled out in full"
    assert any(text.startswith("revision 1 (now 3) scaled down") for text in found)
    assert any(text.startswith("revision 3 scaled up") for text in found)


def rolling() -> Made:
    made = Made("web:1.1", 4, replicas=4, updatedReplicas=1, availableReplicas=3)
    return made.revision(1, "web:1.0", 3, ready=3, age=5000).revision(2, "web:1.1", 2)


def event(made: Made, uid: str, name: str, reason: str, message: str, *, since: float, kind: str = "Normal") -> None:
    made.put(
        EVENTS,
        {
            "metadata": {"name": f"{name}.{reason}.{since}", "uid": f"e-{name}-{reason}-{since}", "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "uid": uid, "name": name},
            "reason": reason,
            "message": message,
            "type": kind,
            "lastTimestamp": ago(since),
        },
    )


def test_what_a_pod_tells_itself_is_not_told_again_by_its_events() -> None:
    made = rolling().pod(2, "a", age=30, **container(running(25), ready=True))
    event(made, "r2", "web-2", "SuccessfulCreate", "Created pod: web-2-a", since=30)
    event(made, "p2-a", "web-2-a", "Scheduled", "Successfully assigned shop/web-2-a to node-1", since=30)
    event(made, "p2-a", "web-2-a", "Started", "Started container web", since=25)
    made.deployment()
    found = texts(told(made.store))
    assert [text for text in found if "…a" in text] == ["pod …a of revision 2 was made", "pod …a of revision 2 started"]


def test_of_pods_that_are_gone_the_events_are_left() -> None:
    made = rolling().pod(2, "a", age=30, **container(running(25)))
    event(made, "r2", "web-2", "SuccessfulCreate", "Created pod: web-2-a", since=30)
    event(made, "p2-a", "web-2-a", "Started", "Started container web", since=25)
    event(made, "r2", "web-2", "SuccessfulDelete", "Deleted pod: web-2-a", since=8)
    made.store.apply([Gone(PODS, "p2-a")])
    made.deployment()
    found = [text for text in texts(told(made.store)) if "…a" in text]
    assert found == [
        "pod …a of revision 2 was made",
        "pod …a of revision 2 started",
        "pod …a of revision 2 was asked to stop",
    ]


def test_the_same_thing_at_the_same_time_is_told_once_and_later_again() -> None:
    made = rolling()
    for name, since in (("a", 40.0), ("b", 38.0), ("c", 5.0)):
        state = container(waiting("CrashLoopBackOff"), restarts=1, last=ended(1, since=since))
        made.pod(2, name, age=60, **state)
    made.deployment()
    crashed = [moment for moment in told(made.store) if moment.what is What.TROUBLE]
    assert texts(tuple(crashed)) == [
        "2 pods of revision 2 crashed: web, exit 1",
        "pod …c of revision 2 crashed: web, exit 1",
    ]
    assert (crashed[0].until - crashed[0].at).total_seconds() == 2
    assert all(moment.is_warning for moment in crashed)


def test_what_was_done_with_ktui_stands_where_it_happened() -> None:
    made = rolling().pod(2, "a", age=10, **container(running(5)))
    made.deployment()
    recorded = [
        RecordedAction(NOW - timedelta(seconds=20), "Set the image of shop/web to web:1.1", went_well=True),
        RecordedAction(NOW - timedelta(seconds=1), "Pause shop/web: conflict. Someone changed it.", went_well=False),
    ]
    found = told(made.store, *recorded)
    mine = [moment for moment in found if moment.what is What.ACTION]
    assert [moment.is_warning for moment in mine] == [False, True]
    assert texts(found).index(recorded[0].text) < texts(found).index("pod …a of revision 2 was made")
    assert found[-1].text == recorded[1].text


def test_what_was_done_with_ktui_comes_before_what_came_of_it_in_the_same_second() -> None:
    made = rolling().pod(2, "a", age=10, **container(running(5)))
    made.deployment()
    # The stamps of a cluster are whole seconds.
    action = RecordedAction(
        NOW - timedelta(seconds=10) + timedelta(milliseconds=700), "Restart shop/web", went_well=True
    )
    found = texts(told(made.store, action))
    assert found.index(action.text) < found.index("pod …a of revision 2 was made")


def test_nothing_hostile_is_left_in_it() -> None:
    made = rolling()
    event(made, "d", "web", "Odd\x1b[2J", "a \u202e message\nof two lines", since=3, kind="Warning")
    made.deployment()
    assert all(text.isprintable() for text in texts(told(made.store)))


def test_pods_that_are_refused_again_and_again_are_one_thing() -> None:
    found = [m for m in told(store_at("quota-exceeded", moments("quota-exceeded")[-1].t)) if m.what is What.TROUBLE]
    assert [moment.text for moment in found] == ["pods are refused: quota tight: 5 of 5 pods used, 1 needed"]
    assert found[0].times > 3


@pytest.mark.parametrize("name", ["healthy", "slow-start"])
def test_nothing_that_belongs_to_a_start_or_a_stop_is_a_warning(name: str) -> None:
    store = Store()
    told: set[str] = set()
    for said in recording(f"real-node/{name}"):
        if isinstance(said, Said):
            store.apply([said.change])
            moments = [moment for workload in store.workloads() for moment in timeline_of(store, workload)]
            told |= {moment.text for moment in moments}
            assert [moment.text for moment in moments if moment.is_warning] == []
    assert any("ready" in text for text in told)

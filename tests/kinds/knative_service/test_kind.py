"""The kind behind the registry: detail, history, timeline and revisions, as screens and commands ask for them."""

from __future__ import annotations

import pytest

from ktui.kinds.knative_service.kind import KnativeServiceKind
from ktui.kinds.knative_service.resources import SERVICES
from ktui.kinds.planning import known, offers
from ktui.kinds.registry import detail_of, history_of, kind_of, revisions_of, rollout_of, timeline_of
from ktui.model.reference import read_reference
from ktui.rollout.detail import Tone
from tests.kinds.knative_service import replay

KIND = KnativeServiceKind()


def test_detail_has_shares_tags_and_targets() -> None:
    name = "ksvc-tags-and-pins"
    each = replay.at(name, 12.5)
    store, service = replay.store_at(name, 12.5)
    track, _ = rollout_of(store, service, None, each.now)
    found = detail_of(store, service, track, each.now)
    assert [(one.number, one.note) for one in found.revisions] == [
        (3, "no traffic #latest"),
        (2, "20 % #candidate"),
        (1, "80 % #stable"),
    ]
    titles = [section.title for section in found.sections]
    assert titles == [
        "Traffic: revision 1 serves 80 %, revision 2 serves 20 %",
        "Tags: each serves all of its own URL",
        "URL",
    ]
    assert [(line.text, line.tone) for line in found.sections[0].lines] == [
        ("80 % to revision 1, pinned #stable", Tone.GOOD),
        ("20 % to revision 2, pinned #candidate", Tone.GOOD),
        ("0 % to the latest revision that is ready #latest", Tone.PLAIN),
    ]
    assert [line.note for line in found.sections[1].lines] == [
        f"http://{tag}-web.{name}.example.com" for tag in ("latest", "candidate", "stable")
    ]
    assert not [row for row in found.conditions if row.is_bad]
    assert found.events


def test_what_is_scaled_to_zero_is_no_bad_condition() -> None:
    each = replay.at("ksvc-scale-to-zero", 20)
    store, service = replay.store_at("ksvc-scale-to-zero", 20)
    track, _ = rollout_of(store, service, None, each.now)
    found = detail_of(store, service, track, each.now)
    active = next(row for row in found.conditions if row.type == "Revision Active")
    assert (active.status, active.is_bad) == ("False", False)
    assert [one.note for one in found.revisions] == ["100 % asleep"]


def test_a_target_that_does_not_exist_is_marked() -> None:
    each = replay.at("ksvc-missing-target", 8)
    store, service = replay.store_at("ksvc-missing-target", 8)
    track, _ = rollout_of(store, service, None, each.now)
    lines = detail_of(store, service, track, each.now).sections[0].lines
    assert (lines[-1].tone, lines[-1].note) == (Tone.BAD, "does not exist")


def test_history_has_the_revisions_and_where_a_rollback_leads() -> None:
    store, service = replay.store_at("ksvc-new-image")
    found = history_of(store, service)
    assert [(each.number, each.name, each.is_current) for each in found.revisions] == [
        (3, "web-00003", True),
        (2, "web-00002", False),
        (1, "web-00001", False),
    ]
    assert found.back == 2
    assert [image.short for image in found.revisions[0].images] == ["web:slow"]
    assert found.kind == "Service"


def test_templates_of_revisions_differ_by_what_a_person_changed() -> None:
    name = "ksvc-new-image"
    on = replay.subject(name, 99)
    live = KIND.template_of(on.raw)
    newest, before, *_ = sorted(on.raw_revisions.values(), key=lambda raw: raw["metadata"]["name"], reverse=True)
    assert KIND.template_of(newest) == live
    assert KIND.template_of(before)["spec"]["containers"][0]["image"] == "registry.example/shop/web:1.1"


def test_the_timeline_tells_of_revisions_and_traffic() -> None:
    store, service = replay.store_at("ksvc-crash")
    said = [moment.text for moment in timeline_of(store, service)]
    for words in ("revision 2 was made: web:crash", "revision 3 became ready", "the traffic is where it should be"):
        assert [text for text in said if words in text], (words, said)


@pytest.mark.parametrize("name", replay.OF_SERVICES)
def test_revisions_descend_and_offers_have_reasons(name: str) -> None:
    store, service = replay.store_at(name, 20)
    numbers = [each.number for each in revisions_of(store, service)]
    assert numbers == sorted(numbers, reverse=True)
    assert all(offer.open or offer.why_not for offer in offers(known(store, service)))
    assert kind_of(service).depends_on(store, service) or numbers


@pytest.mark.parametrize(
    "word", ["ksvc/web", "kservice/web", "service.serving.knative.dev/web", "services.v1.serving.knative.dev/web"]
)
def test_its_names(word: str) -> None:
    found = read_reference(word)
    assert found is not None
    assert (found.resource, found.full, found.short) == (SERVICES, "ksvc/web", "ksvc/web")
    assert read_reference("service/web") is None, "that is one of Kubernetes' own"

"""`ktui promote service/NAME`, end to end: what the official client sees afterwards, and what the command said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.bluegreen import ServiceWitness, deployment, ingress, make_pair, service
from tests.cli.conftest import Ktui


@pytest.fixture
def shop(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[ServiceWitness]:
    """shop/shop between blue, which has the traffic, and green, both of three pods."""
    make_pair(cluster)
    cluster.settle()
    witness = ServiceWitness(kubeconfig)
    yield witness
    witness.close()


@pytest.fixture
def stuck(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[ServiceWitness]:
    """The same, but green cannot pull its image."""
    make_pair(cluster, green="shop:nopull")
    witness = ServiceWitness(kubeconfig)
    cluster.wait_until(lambda _: len(witness.endpoints()) == 3)
    yield witness
    witness.close()


def audit(state: Path) -> list[dict[str, object]]:
    return audited(state / "audit.jsonl")


def test_switch_and_switch_back(ktui: Ktui, shop: ServiceWitness, state: Path) -> None:
    assert (shop.colour(), shop.endpoints()) == ("blue", ["shop-blue"] * 3)
    ran = ktui("promote", "service/shop", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == "Switch Service shop/shop from blue to green"
    assert (
        "  3 endpoints of blue (shop-blue, image shop:1.0) give way to 3 of green (shop-green, image shop:2.0)."
        in ran.lines
    )
    assert "Service shop/shop switched from blue to green." in ran.lines
    assert "Traffic has moved: 3 ready endpoints, all of green" in ran.out
    assert "blue stays as the backup. To go back: ktui promote service/shop --to blue -n shop" in ran.lines
    assert (shop.colour(), shop.endpoints()) == ("green", ["shop-green"] * 3)
    assert shop.replicas("blue") == 3, "nothing is scaled without being asked"

    ran = ktui("promote", "svc/shop", "--to", "blue", "-y")
    assert ran.code == 0
    assert (shop.colour(), shop.endpoints()) == ("blue", ["shop-blue"] * 3)
    first, second = audit(state)
    assert (first["resource"], first["name"], first["uid"]) == ("services", "shop", shop.service().metadata.uid)
    assert (first["outcome"], first["request"]) == ("done", {"action": "switch", "to": "green", "force": False})
    assert second["plan"] == "Switch Service shop/shop from green to blue"
    assert "ktui" in [entry.manager for entry in shop.service().metadata.managed_fields]


def test_the_kubectl_command_does_the_same(ktui: Ktui, shop: ServiceWitness, kubeconfig: Path) -> None:
    document = json.loads(ktui("promote", "service/shop", "--dry-run", "-o", "json").out)
    (command,) = document["kubectl"]
    kubectl = Path(sys.executable).with_name("kubectl")
    call = command.replace("kubectl", f"{kubectl} --kubeconfig {kubeconfig}", 1)
    subprocess.run(call, shell=True, check=True, capture_output=True)
    assert shop.colour() == "green"


def test_a_dry_run_changes_nothing(ktui: Ktui, shop: ServiceWitness, state: Path) -> None:
    version = shop.service().metadata.resource_version
    ran = ktui("promote", "service/shop", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert "  ~ spec.selector.color: blue → green" in ran.lines
    document = json.loads(ktui("promote", "service/shop", "--dry-run", "-o", "json").out)
    assert (document["target"]["resource"], document["outcome"]) == ("services", None)
    assert "traffic" not in document
    assert (shop.service().metadata.resource_version, audit(state)) == (version, [])


def test_the_outcome_as_a_document(ktui: Ktui, shop: ServiceWitness) -> None:
    document = json.loads(ktui("promote", "service/shop", "--yes", "-o", "json").out)
    assert document["outcome"]["is"] == "done"
    assert document["traffic"]["moved"] is True
    assert document["traffic"]["seconds"] >= 0
    assert document["traffic"]["readyEndpoints"] == {"blue": 0, "green": 3}


def test_refused_where_the_idle_side_is_not_fully_available(ktui: Ktui, stuck: ServiceWitness, state: Path) -> None:
    ran = ktui("promote", "service/shop", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: green is not fully available: shop-green is ")
    assert ran.err.endswith("0 of 3 pods available\n--force switches anyway.\n")
    assert (stuck.colour(), stuck.endpoints(), audit(state)) == ("blue", ["shop-blue"] * 3, [])


def test_forced_it_switches_and_says_that_nothing_answers(ktui: Ktui, stuck: ServiceWitness) -> None:
    ran = ktui("promote", "service/shop", "--force", "--yes", "--timeout", "1s")
    assert ran.code == 3
    assert "  Warning: FORCED: green is not fully available: shop-green is " in ran.out
    assert "  Warning: No pod of green is ready: nothing will answer." in ran.lines
    assert ran.err == "ktui: Traffic has not moved within 1s: no ready endpoint, so nothing answers.\n"
    assert (stuck.colour(), stuck.endpoints()) == ("green", [])


@pytest.mark.parametrize(("answers", "colour"), [(("y", "n"), "blue"), (("y", "y"), "green")])
def test_who_forces_it_says_so_twice(
    stuck: ServiceWitness, kubeconfig: Path, answers: tuple[str, str], colour: str
) -> None:
    arguments = ["-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop"]
    arguments += ["promote", "service/shop", "--force", "--timeout", "1s"]
    with pexpect.spawn(sys.executable, arguments, encoding="utf-8", timeout=30, dimensions=(50, 200)) as terminal:
        terminal.expect_exact("Apply? [y/N]")
        terminal.sendline(answers[0])
        terminal.expect(r"green is not fully available: .* Switch anyway\? \[y/N\]")
        terminal.sendline(answers[1])
        terminal.expect(pexpect.EOF)
    assert stuck.colour() == colour


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "red"], 'no idle side of service "shop" is called "red"; available: color=green'),
    ],
)
def test_what_makes_no_sense_is_refused(ktui: Ktui, shop: ServiceWitness, arguments: list[str], said: str) -> None:
    ran = ktui("promote", "service/shop", "--yes", *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"ktui: {said}\n")
    assert shop.colour() == "blue"


def test_of_several_idle_sides_one_has_to_be_named(ktui: Ktui, shop: ServiceWitness, cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("red", "shop:3.0"))
    cluster.settle()
    ran = ktui("promote", "service/shop", "--yes")
    assert (ran.code, ran.err) == (
        1,
        'ktui: several sides of service "shop" are idle, so one has to be named: color=green, color=red\n',
    )
    assert ktui("promote", "service/shop", "--to", "red", "--yes").code == 0
    assert shop.endpoints() == ["shop-red"] * 3


def test_a_service_without_a_pair(ktui: Ktui, shop: ServiceWitness, cluster: SimulatedCluster) -> None:
    cluster.apply(service(name="alone", selector={"app": "shop"}))
    ran = ktui("promote", "service/alone", "--yes")
    assert ran.code == 1
    assert ran.err.startswith("ktui: nothing to switch: no two Deployments differ in one label that the selector of")
    assert ktui("promote", "service/none", "--yes").err.startswith("ktui: Not found: services")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["service/shop", "--pods", "2"], "a Service switches as a whole"),
        (["shop-blue", "--to", "green"], "write service/NAME"),
        (["shop-blue", "--force"], "write service/NAME"),
        (["service/", "--yes"], "does not name a Deployment"),
        (["pod/shop", "--yes"], "does not name a Deployment"),
    ],
)
def test_wrong_usage(ktui: Ktui, arguments: list[str], said: str) -> None:
    ran = ktui("promote", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_a_viewer_may_not_switch(ktui: Ktui, shop: ServiceWitness, state: Path) -> None:
    ran = ktui("--context", "simulated-viewer", "promote", "service/shop", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: Not allowed: services "shop" is forbidden: User "viewer" cannot patch')
    assert (shop.colour(), audit(state)) == ("blue", [])


def test_a_switch_by_someone_else_meanwhile_is_a_conflict_that_is_shown_again(
    shop: ServiceWitness, kubeconfig: Path
) -> None:
    arguments = ["-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "promote", "service/shop"]
    with pexpect.spawn(sys.executable, arguments, encoding="utf-8", timeout=30, dimensions=(50, 200)) as terminal:
        terminal.expect_exact("Switch Service shop/shop from blue to green")
        terminal.expect_exact("Apply? [y/N]")
        shop.select("green")
        terminal.sendline("y")
        terminal.expect_exact(
            "Service shop/shop was switched in the meantime, to app=shop, color=green; it was app=shop, color=blue."
        )
        terminal.expect_exact("Switch Service shop/shop from green to blue")
        terminal.expect_exact("Apply? [y/N]")
        terminal.sendline("n")
        terminal.expect(pexpect.EOF)
    assert shop.colour() == "green"


def test_what_is_in_front_of_it_and_who_owns_it_is_said(
    ktui: Ktui, shop: ServiceWitness, cluster: SimulatedCluster
) -> None:
    cluster.apply(ingress())
    shop.annotate({"argocd.argoproj.io/tracking-id": "shop-app:/Service:shop/shop"})
    ran = ktui("promote", "service/shop", "--dry-run")
    assert "  Ingress shop (shop.example/) leads here: its requests move too." in ran.lines
    assert "  Warning: Argo CD (shop-app) deployed this: its self-heal, within seconds" in ran.out


def test_without_endpoint_slices_it_says_that_it_cannot_see_traffic(
    ktui: Ktui, shop: ServiceWitness, cluster: SimulatedCluster
) -> None:
    for verb in ("list", "watch"):
        cluster.faults.forbid(verb, "endpointslices")
    ran = ktui("promote", "service/shop", "--yes")
    assert ran.code == 3
    assert ran.err.startswith("ktui: ktui cannot see whether traffic has moved: ")
    assert shop.colour() == "green"


def test_a_side_that_has_the_traffic_already_is_no_failure(ktui: Ktui, shop: ServiceWitness, state: Path) -> None:
    ran = ktui("promote", "service/shop", "--to", "blue", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == ['Nothing to switch: service "shop" selects blue already.']
    document = json.loads(ktui("promote", "service/shop", "--to", "blue", "--yes", "-o", "json").out)
    assert document["outcome"]["is"] == "nothing to do"
    assert not (state / "audit.jsonl").exists()


def test_get_and_status_say_who_serves(ktui: Ktui, shop: ServiceWitness) -> None:
    ran = ktui("get", "svc/shop")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == "Service shop/shop sends traffic to blue (color=blue)."
    assert [line.split()[:1] for line in ran.lines[1:4]] == [["SIDE"], ["blue"], ["green"]]
    assert "3 ready endpoints (selected)" in ran.lines[2]
    assert " none " in ran.lines[3]
    assert (again := ktui("status", "service/shop")).lines == ran.lines
    assert again.code == 0

    document = json.loads(ktui("get", "service", "shop", "-o", "json").out)
    assert (document["schema"], document["active"], document["moved"]) == ("ktui.service/1", "blue", True)
    assert [(side["name"], side["active"], side["readyEndpoints"]) for side in document["sides"]] == [
        ("blue", True, 3),
        ("green", False, 0),
    ]
    assert [side["rollouts"][0]["name"] for side in document["sides"]] == ["shop-blue", "shop-green"]

    for arguments, code, said in (
        (("get", "svc/shop", "shop-blue"), 2, "Services are shown apart from rollouts"),
        (("get", "svc/shop", "--watch"), 2, "A Service is not watched"),
        (("status", "svc/shop", "--rollback-on-failure"), 2, "only -o goes with it"),
        (("get", "svc/nope"), 1, 'services "nope" not found'),
    ):
        ran = ktui(*arguments)
        assert (ran.code, said in ran.err) == (code, True), ran


def test_a_service_is_not_rolled_back_but_switched(ktui: Ktui, shop: ServiceWitness) -> None:
    assert ktui("promote", "service/shop", "--yes").code == 0
    for command in ("rollback", "abort"):
        ran = ktui(command, "service/shop", "--yes")
        assert ran.code == 1
        assert ran.err.splitlines() == [
            "ktui: Service shop has no revisions to roll back: its traffic is switched.",
            "To switch it back: ktui promote service/shop --to blue -n shop",
        ]
    assert shop.colour() == "green"


def test_a_service_that_answers_nothing_fails(ktui: Ktui, cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("blue", "shop:nopull"))
    cluster.apply(deployment("green", "shop:nopull"))
    cluster.apply(service())
    cluster.apply(service(name="other") | {"spec": {"selector": {"app": "other"}, "ports": [{"port": 80}]}})
    ran = ktui("status", "service/shop")
    assert ran.code == 1
    assert "Warning: The Service has no ready endpoint: nothing answers." in ran.lines
    ran = ktui("get", "service/other")
    assert (ran.code, ran.out) == (1, "")
    assert "Service other does not choose between Deployments" in ran.err

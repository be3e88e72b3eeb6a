"""Guardrails in the dashboard: what a rule forbids is closed with its reason: keys, batches, automatic aborts."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from ktui.plans.guardrails import read_rules
from ktui.plans.request import Action
from tests.audited import audited
from tests.bluegreen import ServiceWitness
from tests.tui.conftest import Dashboard, Stage, open_blue_green

RULES = read_rules(
    [
        {"context": "prod-*", "workload": "cart", "deny": ["restart", "abort", "rollback"], "reason": "ask first"},
        {"workload": "svc/*", "read_only": True},
        {"context": "prod", "read_only": True},
    ],
    ZoneInfo,
)
DENIES = "rule 1 of config.toml denies {} here: ask first"


async def test_keys_batches_and_auto_abort_are_closed_with_the_reason(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.deploy("web", "web:1.0")
    stage.advance(20)
    before = stage.read("cart").metadata.resource_version
    async with dashboard(rules=RULES, size=(160, 36)) as screen:
        await screen.sees("2 rollouts", "▸ shop       cart")
        await screen.knows_all()
        uid = stage.read("cart").metadata.uid
        offers = {offer.action: offer for offer in screen.app.offers(uid)}
        assert offers[Action.RESTART].why_not == DENIES.format("restart")
        assert offers[Action.SCALE].open
        await screen.press("R")
        await screen.hears(DENIES.format("restart"))
        await screen.press("asterisk", "R")
        await screen.sees("LEFT OUT", f"shop/cart: {DENIES.format('restart')}", "y yes")
        await screen.press("n", "escape")
        assert stage.read("cart").metadata.resource_version == before
        stage.set_image("cart", "cart:1.1")
        stage.advance(0.3)
        await screen.sees("◐ progressing")
        await screen.press("A")
        await screen.hears(f"Auto-abort: {DENIES.format('abort')}")
    assert not (tmp_path / "audit.jsonl").exists()


async def test_a_service_is_not_switched(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    async with dashboard(rules=RULES) as screen:
        await open_blue_green(screen)
        await screen.press("p")
        await screen.hears("rule 2 of config.toml allows no action here")
        assert "y yes" not in screen.text
    assert shop.colour() == "blue"


async def test_a_reason_and_the_name_are_asked_for(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    rules = read_rules(
        [{"workload": "cart", "confirm": "name", "require": "change-cause"}, {"context": "prod-*", "badge": "PROD"}],
        ZoneInfo,
    )
    async with dashboard(rules=rules, size=(160, 36)) as screen:
        await screen.sees("1 rollout", "▸ shop       cart", "ktui  [PROD]  prod-eu · all namespaces")
        await screen.press("R")
        await screen.sees("Restart shop/cart: why?")
        await screen.type("TICKET-7")
        await screen.press("enter")
        await screen.sees('The change-cause becomes "TICKET-7".', "y yes")
        await screen.press("y")
        await screen.sees("requires the name cart to be typed", "enter apply")
        await screen.type("card")
        await screen.press("enter")
        await screen.sees("This is not cart: nothing is sent.")
        assert not (tmp_path / "audit.jsonl").exists()
        await screen.press("backspace", "t", "enter")
        await screen.hears("restart sent")
    (entry,) = audited(tmp_path / "audit.jsonl")
    assert entry["request"] == {"action": "restart", "change_cause": "TICKET-7"}

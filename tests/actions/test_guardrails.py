"""Every path to an action passes the rules: who sends, counted in the code, and each path tried against a cluster."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import ktui
from ktui.actions.audit import AuditLog
from ktui.actions.auto_abort import auto_abort
from ktui.actions.batch import LeftOut, try_all, try_out
from ktui.actions.outcome import Failed
from ktui.actions.perform import perform
from ktui.actions.read import Reader
from ktui.kinds.auto_abort import arm
from ktui.kube.api import Api
from ktui.model.reference import Reference
from ktui.plans.guardrails import read_rules
from ktui.plans.plan import Plan
from ktui.plans.request import Restart
from ktui.rollout.revisions import Refusal
from tests.simulated import STUCK, Witness, image_patch

ROOT = Path(ktui.__file__).parent
RULES = read_rules(
    [{"context": "sim*", "namespace": "shop", "workload": "cart", "read_only": True, "reason": "frozen"}],
    ZoneInfo,
)
WHY = "rule 1 of config.toml allows no action here: frozen"

SENDING = {
    # What sends, and how often it is called where. A path that is added here has to pass the rules.
    "perform": {
        "cli/act/carry_out.py": 1,
        "tui/steering/steering.py": 1,
        "actions/auto_abort.py": 1,
        "cli/act/next_step.py": 1,
        "cli/status/rollback.py": 1,
    },
    "patch": {"actions/perform.py": 1, "actions/preview.py": 1},
    "patch_then": {"actions/perform.py": 1, "actions/preview.py": 1},
    "clear": {"actions/perform.py": 1},
    # The client's methods that change something; `canary_template` only tries it (dry run).
    ".patch": {"actions/canary_template.py": 1},
    ".patch_path": {"actions/patching.py": 3},
    ".delete": {"actions/preview.py": 1, "actions/pod_deletion.py": 1},
    ".request": {"live/extensions.py": 1},
}
PLANNING = {
    "try_out": {
        "actions/batch.py": 1,
        "actions/auto_abort.py": 1,
        "cli/act/carry_out.py": 1,
        "cli/act/next_step.py": 1,
        "cli/status/rollback.py": 1,
    },
    "next_step": {"cli/act/watch.py": 1},
    "try_all": {"cli/act/batch.py": 1, "tui/steering/batch.py": 1},
    "allowed": {"actions/batch.py": 1, "tui/steering/steering.py": 1},
    "auto_abort": {"cli/act/watch.py": 1, "tui/steering/auto_aborts.py": 1},
    "roll_back": {"cli/status/command.py": 1},
}


@cache
def _calls() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in (*SENDING, *PLANNING)}
    for path in ROOT.rglob("*.py"):
        where = path.relative_to(ROOT).as_posix()
        if where.startswith(("sim/", "kube/")):
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            match call.func:
                case ast.Name(id=name):
                    pass
                case ast.Attribute(attr=attribute):
                    name = f".{attribute}"
                case _:
                    continue
            if name in found:
                found[name][where] += 1
    return found


def _is_about_rules(node: ast.AST) -> bool:
    return any(
        (isinstance(each, ast.Attribute) and each.attr in ("rules", "_rules"))
        or (isinstance(each, ast.Name) and each.id == "rules")
        for each in ast.walk(node)
    )


def test_nothing_else_sends_an_action() -> None:
    calls = _calls()
    assert {name: dict(calls[name]) for name in SENDING} == SENDING


def test_all_that_plans_or_sends_is_given_the_rules() -> None:
    calls = _calls()
    assert {name: dict(calls[name]) for name in PLANNING} == PLANNING
    for name in ("perform", *PLANNING):
        for where in {**SENDING, **PLANNING}[name]:
            for call in ast.walk(ast.parse((ROOT / where).read_text())):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
                    given = [*call.args, *(keyword.value for keyword in call.keywords)]
                    assert any(map(_is_about_rules, given)), f"{where}:{call.lineno} passes no rules to {name}"


async def _planned(api: Api) -> Plan | Refusal:
    return await Reader(api).plan("shop", Reference("cart"), Restart())


async def test_what_a_rule_forbids_is_neither_tried_nor_sent_nor_written_down(
    api: Api, cart: Witness, log: AuditLog
) -> None:
    before = cart.raw()
    made = await _planned(api)
    assert isinstance(made, Plan)
    performed = await perform(api, made, log, rules=RULES)
    assert performed.outcome == Failed(
        f"shop/cart: {WHY}. Nothing was sent.", "`ktui config check` explains the rules."
    )
    assert await try_out(api, lambda: _planned(api), RULES) == Refusal(WHY)
    batch = await try_all(api, [("shop/cart", lambda: _planned(api))], RULES)
    assert (batch.accepted, batch.left_out) == ((), (LeftOut("shop/cart", WHY),))
    assert (cart.raw(), log.tail()) == (before, ())


async def test_an_automatic_abort_is_forbidden_too(api: Api, cart: Witness, log: AuditLog) -> None:
    cart.patch(image_patch(STUCK))
    armed = arm((await Reader(api).subject("shop", Reference("cart"))).workload)
    aborted = await auto_abort(Reader(api), armed, "an image cannot be pulled", log, rules=RULES)
    assert (aborted.is_done, aborted.sentence) == (False, f"shop/cart was not aborted: {WHY}.")
    assert (cart.image(), log.tail()) == (STUCK, ())

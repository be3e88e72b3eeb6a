"""Guardrails on the command line: each path to an action is refused, and `ktui config check` explains why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.bluegreen import ServiceWitness, make_pair
from tests.cli.conftest import Ktui
from tests.simulated import OLD, Witness, manifest
from tests.terminal import Terminal

Config = Callable[[str], Path]

RULES = """
[[rules]]
context = "simulated*"
namespace = "shop"
workload = "cart"
deny = ["restart", "abort", "rollback", "promote"]
reason = "ask the team first"

[[rules]]
workload = "service/*"
read_only = true
"""
DENIES = "rule 1 of config.toml denies {} here: ask the team first"


@pytest.fixture
def config(own_folders: Path) -> Config:
    """Writes a config.toml."""

    def write(text: str) -> Path:
        path = own_folders / "config" / "ktui" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_every_path_is_closed_and_others_stay_open(
    *, ktui: Ktui, cart: Witness, cluster: SimulatedCluster, config: Config, kubeconfig: Path, state: Path
) -> None:
    cluster.apply(manifest(OLD, name="web"))
    make_pair(cluster)
    cluster.settle()
    config(RULES)
    before = cart.raw()
    for arguments in (
        ("restart", "cart", "--yes"),
        ("restart", "cart", "--dry-run"),
        ("restart", "cart", "--yes", "-o", "json"),
    ):
        ran = ktui(*arguments)
        assert (ran.code, ran.out, ran.err) == (1, "", f"ktui: {DENIES.format('restart')}\n")
    ran = ktui("rollback", "cart", "--yes")
    assert (ran.code, ran.err) == (1, f"ktui: {DENIES.format('rollback')}\n")
    ran = ktui("set-image", "cart", "cart=cart:9", "--yes", "--watch", "--auto-abort")
    assert ran.code == 1
    assert ran.err.startswith(f"ktui: Auto-abort is not allowed: {DENIES.format('abort')}. Nothing was sent.")
    ran = ktui("canary", "cart", "--image", "cart=cart:9", "--yes", "--watch", "--advance")
    assert ran.code == 1
    assert ran.err.startswith(f"ktui: --advance is not allowed: {DENIES.format('promote')}. Nothing was sent.")
    ran = ktui("status", "cart", "--rollback-on-failure")
    assert ran.code == 2
    assert f"A rollback is not allowed: {DENIES.format('rollback')}." in ran.err
    ran = ktui("promote", "service/shop", "--yes")
    assert (ran.code, ran.err) == (1, "ktui: rule 2 of config.toml allows no action here\n")
    witness = ServiceWitness(kubeconfig)
    assert witness.colour() == "blue"
    witness.close()
    assert cart.raw() == before
    assert not (state / "audit.jsonl").exists()
    ran = ktui("restart", "web", "cart", "--yes")
    assert ran.code == 1
    assert f"Left out: shop/cart: {DENIES.format('restart')}" in ran.err
    assert "shop/web" in ran.out
    assert cart.raw() == before
    assert ktui("scale", "cart", "--replicas", "5", "--yes").code == 0


def test_config_check_explains_what_meets_what(ktui: Ktui, config: Config, cluster: SimulatedCluster) -> None:
    path = config(RULES)
    ran = ktui("config", "check", "cart")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [
        f"{path} is valid.",
        "1 of 2 rules for context simulated, namespace shop, deployment/cart:",
        "  rule 1: context simulated*, namespace shop, workload cart",
        "    deny restart, abort, rollback, promote",
        "    reason: ask the team first",
    ]
    assert ktui("config", "check").lines[1] == "2 of 2 rules for context simulated, namespace shop:"
    assert ktui("config", "check", "--context", "x", "cart").code == 0
    assert ktui("config", "check", "-n", "pay", "sts/db").lines[1:] == [
        "0 of 2 rules for context simulated, namespace pay, statefulset/db."
    ]
    assert ktui("config", "check", "svc/shop").lines[2:] == [
        "  rule 2: context *, namespace *, workload service/*",
        "    read-only",
    ]
    config("[keys]\npromote = 'b'\n")
    ran = ktui("config", "check")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: The keys in config.toml cannot be used")
    assert not cluster.requests


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[rules]]\nread_olny = true", 'rule 1: there is no key "read_olny"; available: context, namespace, workload'),
        ('[[rules]]\ndeny = ["restrat"]', 'rule 1: there is no action "restrat"; available: pause'),
        ('[[rules]]\nworkload = "dep/x"\nread_only = true', 'rule 1: no kind is called "dep" (in workload = "dep/x").'),
    ],
)
def test_a_mistake_closes_everything(ktui: Ktui, config: Config, text: str, sentence: str) -> None:
    config(text)
    for arguments in (("config", "check"), ("pause", "cart", "--yes")):
        ran = ktui(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"ktui: The guardrails in config.toml cannot be used: {sentence}")


def test_without_a_file_or_a_kubeconfig(ktui: Ktui, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert ktui("config", "check").lines == ["There is no config.toml: the defaults hold.", "There are no guardrails."]
    config(RULES)
    assert ktui("config", "check").lines[1] == "2 of 2 rules for context *, namespace shop:"
    config("rules = 3")
    ran = ktui("config", "check")
    assert (ran.code, "\n" in ran.err.strip()) == (1, False)


WANTS = """
[[rules]]
workload = "cart"
confirm = "name"
reason = "it takes money"

[[rules]]
workload = "w*"
at_once = 1
require = "change-cause"

[[rules]]
workload = "night"
hours = "{day} 09:00-17:00"
timezone = "UTC"
"""


def test_a_name_that_has_to_be_typed(ktui: Ktui, cart: Witness, config: Config, state: Path) -> None:
    config(WANTS.replace("{day}", "Mon"))
    why = "rule 1 of config.toml requires the name cart to be typed here: it takes money"
    before = cart.raw()
    for arguments in (("--yes",), ("--yes", "--confirm", "carts")):
        ran = ktui("restart", "cart", *arguments)
        assert ran.code == 1
        assert ran.err == f"ktui: {why}. Nothing was sent.\nGive --confirm cart; --yes is not enough.\n"
    assert ktui("restart", "cart", "--dry-run").code == 0
    assert cart.raw() == before
    assert ktui("restart", "cart", "--yes", "--confirm", "cart").code == 0
    assert [entry["outcome"] for entry in audited(state / "audit.jsonl")] == ["done"]


def test_too_many_at_once_without_a_cause_and_out_of_hours(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, config: Config, state: Path
) -> None:
    for name in ("web", "worker", "night"):
        cluster.apply(manifest(OLD, name=name))
    cluster.settle()
    # Whatever the time of the day is now, it is not that day anywhere.
    day = f"{datetime.now(UTC) + timedelta(days=3):%a}"
    config(WANTS.replace("{day}", day))
    ran = ktui("pause", "web", "worker", "cart", "--yes")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "Left out: shop/cart: rule 1 of config.toml requires the name cart to be typed here: it takes money. "
        "Run it on its own.",
        "Left out: shop/web: rule 2 of config.toml allows 1 workload at once, and these are 2",
        "Left out: shop/worker: rule 2 of config.toml allows 1 workload at once, and these are 2",
        "ktui: None of them allows this: nothing was sent.",
    ]
    ran = ktui("restart", "web", "--yes")
    assert (ran.code, ran.err) == (
        1,
        "ktui: rule 2 of config.toml requires a change-cause (--change-cause TEXT) here\n",
    )
    ran = ktui("scale", "night", "--replicas", "1", "--yes")
    assert ran.err == f"ktui: rule 3 of config.toml allows actions only {day} 09:00-17:00 (UTC) here\n"
    assert not (state / "audit.jsonl").exists()
    assert ktui("pause", "web", "--yes").code == 0
    assert ktui("restart", "worker", "--yes", "--change-cause", "TICKET-7").code == 0
    assert audited(state / "audit.jsonl")[-1]["request"] == {"action": "restart", "change_cause": "TICKET-7"}
    assert "change-cause" in str(cart.deployment("worker").metadata.annotations)


def test_the_name_is_asked_for_instead_of_yes(
    kubeconfig: Path, cart: Witness, config: Config, own_folders: Path
) -> None:
    config(WANTS.replace("{day}", "Mon"))
    command = ("-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "pause", "cart")
    folders = {"XDG_CONFIG_HOME": str(own_folders / "config"), "XDG_STATE_HOME": str(own_folders / "state")}
    with Terminal.python(*command, home=own_folders, environment=folders) as terminal:
        terminal.sees("requires the name cart to be typed here: it takes money.")
        terminal.sees("Type the name to apply:")
        assert "Apply?" not in terminal.text
        terminal.press("cart\r")
        assert terminal.ends() == 0
    assert cart.deployment().spec.paused is True


def test_config_check_says_what_is_notified_and_what_of_it_does_not_work(ktui: Ktui, config: Config) -> None:
    path = config('[notify]\nrollouts = "all"\nwhen = ["failed"]\ncommand = ["/bin/sh", "pl4nted"]\n')
    ran = ktui("config", "check")
    assert ran.code == 0
    assert ran.lines == [
        f"{path} is valid.",
        "Notifications of rollouts that are shown: when failed.",
        "  toast, bell, title; desktop: auto",
        "  command: /bin/sh (at most 10s)",
        "There are no guardrails.",
    ]
    config('[notify]\ncommand = ["/no/such"]\nwebhook = { address_file = "/no/address" }\n')
    ran = ktui("config", "check")
    assert (ran.code, ran.err.splitlines()) == (
        1,
        [
            "ktui: The notification command /no/such is not an executable file that can be found.",
            "ktui: The address of the webhook cannot be read from the file /no/address: No such file or directory.",
        ],
    )
    config("[notify]\nbel = true\n")
    ran = ktui("config", "check")
    assert (ran.code, ran.err.splitlines()[0].partition(";")[0]) == (
        1,
        'ktui: The notifications in config.toml cannot be used: [notify]: there is no key "bel"',
    )

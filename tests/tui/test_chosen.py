"""The dashboard stays in the cluster that it began with, whatever others make of the kubeconfig, until `x`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktui.kube.auth.access import Access
from ktui.sim import SimulatedCluster
from ktui.tui.options import Options
from tests.tui.conftest import Dashboard, Screen, Stage

STILL = 'The kubeconfig\'s current context is now "other".'


@pytest.fixture
def other(stage: Stage) -> Iterator[str]:
    """The address of another cluster, with a Deployment that nobody should see by accident."""
    with SimulatedCluster(seed=1, name="other").serving() as cluster:
        labels = {"app": "billing"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "billing:1"}]}}
        cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "billing", "namespace": "money"},
                "spec": {"selector": {"matchLabels": labels}, "template": template},
            }
        )
        yield cluster.url


@pytest.fixture
def file(stage: Stage, options: Options, other: str) -> Path:
    """The dashboard's kubeconfig, with both clusters; the stage's is the current one."""
    stage.deploy("cart", "cart:1.0")
    stage.deploy("search", "search:1.0", namespace="search")
    stage.advance(20)
    path = Path(options.access.kubeconfig or "")

    def both(document: dict[str, Any]) -> None:
        document["clusters"].append({"name": "other", "cluster": {"server": other}})
        document["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "admin"}})

    changed(path, both)
    return path


def changed(path: Path, change: Any) -> None:
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document))


def use_other(path: Path) -> None:
    """As `kubectl config use-context other` and kubectx do it."""
    changed(path, lambda document: document.update({"current-context": "other"}))


async def pick(screen: Screen, key: str, words: str) -> None:
    await screen.press(key)
    await screen.sees("type to narrow")
    await screen.type(words)
    await screen.press("enter")


async def test_another_namespace_is_one_of_the_same_cluster(file: Path, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("prod-eu · all namespaces", "2 rollouts")
        use_other(file)
        await pick(screen, "n", "search")
        await screen.sees("prod-eu · search", "1 rollout", STILL, "● live")
        await screen.sees_no("billing")


async def test_what_is_tried_again_is_the_same_cluster(stage: Stage, file: Path, dashboard: Dashboard) -> None:
    down = ExitStack()
    down.enter_context(stage.cluster.faults.refusing_connections())
    async with dashboard() as screen:
        await screen.sees("✖ not connected")
        use_other(file)
        await screen.press("r")
        await screen.sees("prod-eu · all namespaces", STILL)
        down.close()
        await screen.press("r")
        await screen.sees("● live", "2 rollouts", "prod-eu · all namespaces")
        await screen.sees_no("billing")


async def test_another_server_by_the_same_name_is_left_alone_until_it_is_chosen(
    file: Path, other: str, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await screen.sees("prod-eu · all namespaces", "2 rollouts")
        changed(file, lambda document: document["clusters"][0]["cluster"].update({"server": other}))
        await screen.press("r")
        await screen.sees(f'context "prod-eu" is now {other}.')
        await pick(screen, "n", "search")
        await screen.sees("prod-eu · search", "1 rollout")
        await screen.sees_no("billing")
        await pick(screen, "x", "prod-eu")
        await screen.sees("prod-eu · all namespaces", "billing")
        await screen.sees_no("is now")


async def test_x_goes_where_it_says(file: Path, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("prod-eu · all namespaces", "2 rollouts")
        use_other(file)
        await screen.press("r")
        await screen.sees(STILL)
        await pick(screen, "x", "other")
        await screen.sees("other · all namespaces", "billing")
        await screen.sees_no(STILL)


async def test_a_command_to_copy_acts_as_the_same_user(stage: Stage, file: Path, dashboard: Dashboard) -> None:
    access = Access(kubeconfig=str(file), as_user="admin", as_groups=("system:masters",))
    async with dashboard(access=access) as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("space")
        await screen.sees("y yes", "--context prod-eu --as admin --as-group system:masters -n search rollout pause")
        await screen.press("escape")


async def test_a_login_that_is_not_sent_is_noted_once(stage: Stage, file: Path, dashboard: Dashboard) -> None:
    changed(file, lambda document: document["users"][0].update({"user": {"token": "hunter2"}}))
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "is asked without TLS, so the credentials")
        assert screen.text.count("without TLS") == 1
        assert "hunter2" not in screen.text

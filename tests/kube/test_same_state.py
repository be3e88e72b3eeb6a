"""Whatever happens to the streams, what the store knows in the end is what the server has."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.changes import Link, LinkState
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS
from ktui.model.store import Store
from tests.kube.following import QUICK, Following, following
from tests.kube.server import Collection, deployment, serving, status

NAMES = st.sampled_from("abcdef")


def uid_of(server: Collection, name: str) -> str:
    return next((uid for uid, obj in server.objects.items() if obj["metadata"]["name"] == name), "")


def put(name: str) -> Callable[[Collection], None]:
    def act(server: Collection) -> None:
        # A name that comes back belongs to another object.
        obj = deployment(name)
        obj["metadata"]["uid"] = uid_of(server, name) or f"uid-{server.version}"
        server.put(obj)

    return act


def delete(name: str) -> Callable[[Collection], None]:
    def act(server: Collection) -> None:
        if uid := uid_of(server, name):
            server.delete(uid)

    return act


def reborn(name: str) -> Callable[[Collection], None]:
    def act(server: Collection) -> None:
        delete(name)(server)
        put(name)(server)

    return act


def unheard(action: Callable[[Collection], None]) -> Callable[[Collection], None]:
    """It happens while the stream says nothing, and its history is gone before anybody asks for it."""

    def act(server: Collection) -> None:
        server.mute = True
        action(server)
        server.compact()
        server.drop()
        server.mute = False

    return act


def failing(code: int) -> Callable[[Collection], None]:
    def act(server: Collection) -> None:
        server.answers.append(status(code, "Whatever"))
        server.drop()

    return act


CHANGES = st.one_of(st.builds(put, NAMES), st.builds(delete, NAMES), st.builds(reborn, NAMES))
TROUBLE = st.one_of(
    st.builds(unheard, CHANGES),
    st.builds(failing, st.sampled_from([410, 429, 500, 503, 401, 403])),
    st.sampled_from([Collection.drop, Collection.end, Collection.compact, Collection.bookmark]),
)
CAUGHT_UP = st.just(None)
"""Go on only once the reflector knows what the server has."""

STEPS = st.lists(st.one_of(CHANGES, TROUBLE, CAUGHT_UP), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=STEPS,
    streaming=st.sampled_from(["yes", "rejected", "ignored"]),
    as_event=st.booleans(),
    page=st.sampled_from([1, 2, 500]),
)
def test_the_store_ends_in_the_state_of_the_server(
    steps: list[Callable[[Collection], None] | None], streaming: Any, as_event: bool, page: int
) -> None:
    server = Collection(streaming=streaming, gone_as_event=as_event)
    asyncio.run(live_through(server, steps, page))


async def live_through(server: Collection, steps: list[Callable[[Collection], None] | None], page: int) -> None:
    pacing = replace(QUICK, page=page, list_silence=0.05 if server.streaming == "ignored" else 30.0)
    async with serving(server.handle) as url:
        with tempfile.NamedTemporaryFile("wb", suffix=".json") as file:
            file.write(msgspec.json.encode(kubeconfig(url)))
            file.flush()
            connection = await connect(Access(file.name), Surroundings(environ={}))
        async with connection, following(connection, DEPLOYMENTS, pacing=pacing) as it:
            for step in steps:
                if step is None:
                    await it.until(lambda: known(it) == there(server))
                else:
                    step(server)
            # The last change is one that has to be heard for the states to be the same.
            put("last")(server)
            await it.until(lambda: known(it) == there(server))
            await it.until_live()
    store = Store()
    for batch in it.batches:
        store.apply(batch)
    assert {d.metadata.uid: d.metadata.resource_version for d in store.of_type(Deployment)} == there(server)
    assert DEPLOYMENTS in store.listed
    last = store.links[DEPLOYMENTS]
    assert isinstance(last, Link)
    assert last.state is LinkState.LIVE


def known(it: Following) -> dict[str, str]:
    return it.versions


def there(server: Collection) -> dict[str, str]:
    return {uid: obj["metadata"]["resourceVersion"] for uid, obj in server.objects.items()}


def kubeconfig(url: str) -> dict[str, Any]:
    return {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": url}}],
    }

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.auth.exec_plugin import run_plugin
from ktui.kube.auth.kubeconfig_schema import Cluster, Plugin
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import CredentialError, Unauthorized
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of
from tests.kube.server import securely, serving, status
from tests.kube.test_connection import Time

V1 = "client.authentication.k8s.io/v1"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Script = Callable[..., dict[str, Any]]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A plugin that notes each run and runs these lines of shell; returns the kubeconfig's `exec`."""

    def script(*lines: str, **more: Any) -> dict[str, Any]:
        file = tmp_path / "bin" / "login-plugin"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(["#!/bin/sh", f"cd {tmp_path}", 'echo "$KUBERNETES_EXEC_INFO" >> runs', *lines]))
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return {"apiVersion": V1, "command": str(file), "interactiveMode": "IfAvailable", **more}

    return script


def credential(**fields: str) -> str:
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": fields})


def says(**fields: str) -> str:
    return f"printf '%s' '{credential(**fields)}'"


@pytest.fixture
def runs(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    file = tmp_path / "runs"
    return lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def run(plugin: dict[str, Any], **options: Any) -> Any:
    cluster = msgspec.convert(options.pop("cluster", {}), Cluster)
    made = msgspec.convert(plugin, Plugin)
    return await run_plugin(made, cluster=cluster, environ=dict(os.environ), now=NOW, **options)


async def test_a_plugin_gives_a_token(script: Script, runs: Callable[[], list[Any]]) -> None:
    given = await run(script(says(token="t0ken")))
    assert given.token == "t0ken"
    assert "t0ken" not in repr(given)
    assert given.renewal is None
    assert runs() == [{"apiVersion": V1, "kind": "ExecCredential", "spec": {"interactive": False}}]


async def test_it_gets_its_arguments_and_environment_and_not_our_keys(script: Script) -> None:
    plugin = script(
        "read -r key || key=nothing",
        says(token="@1 @2 @3") + ' | sed "s/@1/$1/; s/@2/$REGION/; s/@3/$key/"',
        args=["--role=x"],
        env=[{"name": "REGION", "value": "eu"}],
    )
    assert (await run(plugin)).token == "--role=x eu nothing"


async def test_it_is_told_the_cluster_if_it_asks(script: Script, runs: Callable[[], list[Any]], tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("PEM")
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    cluster = {"server": "https://s", "certificate-authority": str(tmp_path / "ca"), "extensions": [extension]}
    await run(script(says(token="t"), provideClusterInfo=True), cluster=cluster)
    assert runs()[0]["spec"]["cluster"] == {
        "server": "https://s",
        "certificate-authority-data": "UEVN",
        "config": {"audience": "x"},
    }


@pytest.mark.parametrize(
    ("expires", "renewal"), [(3600, 3570), (60, 45), (0, 1), (-100, 1)], ids=["an hour", "a minute", "now", "past"]
)
async def test_it_is_run_again_before_what_it_gave_expires(script: Script, expires: int, renewal: int) -> None:
    stamp = (NOW + timedelta(seconds=expires)).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = await run(script(says(token="t", expirationTimestamp=stamp)))
    assert given.renewal == NOW + timedelta(seconds=renewal)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["echo 'session expired' >&2; echo 'try: sso login' >&2; exit 3"], "code 3: session expired try: sso login."),
        (["echo 'waiting for a browser' >&2; kill -9 $$"], "was ended by signal 9: waiting for a browser."),
        (["echo 'token=hunter2 expired' >&2; exit 1"], "exit code 1: token=*** expired."),
        (["exit 1"], "failed with exit code 1."),
        (["echo nonsense; echo hint >&2"], "did not answer with an ExecCredential: hint."),
        (["echo '{'"], "did not answer with an ExecCredential."),
        (["printf '\\377\\377{'"], "did not answer with an ExecCredential."),
        ([f"printf '%s' '{credential(token='t')} more'"], "did not answer with an ExecCredential."),
        (["echo '{\"status\": {\"token\": \"hunter2\"}}'"], "with ExecCredential without apiVersion instead of"),
        ([says(token="t", clientKeyData="hunter2")], "gave a certificate without its key, or a key alone."),
        ([says(token="hunter2\n")], "gave a token with a line break or another control character."),
        ([says(token="t", expirationTimestamp="soon")], "did not answer with an ExecCredential."),
        ([says()], "neither a token nor a certificate with its key."),
        ([says(clientCertificateData="x")], "gave a certificate without its key, or a key alone."),
        ([says(token="t").replace("/v1", "/v1beta1")], "with ExecCredential client.authentication.k8s.io/v1beta1"),
        (["echo 'open https://sso.example' >&2", "sleep 60"], "has not answered for 0s: open https://sso.example."),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_said_in_one_sentence(script: Script, lines: list[str], sentence: str) -> None:
    with pytest.raises(CredentialError) as raised:
        await run(script(*lines), timeout=0.4 if "sleep 60" in lines else 20)
    assert str(raised.value).startswith("The login plugin login-plugin ")
    assert sentence in str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_a_value_from_its_environment_is_never_repeated(script: Script) -> None:
    plugin = script('echo "cannot use $KEY" >&2; exit 1', env=[{"name": "KEY", "value": "opensesame"}])
    with pytest.raises(CredentialError) as raised:
        await run(plugin)
    assert str(raised.value) == "The login plugin login-plugin failed with exit code 1: cannot use ***."


async def test_a_plugin_that_is_missing_is_named_with_how_to_get_it(script: Script, tmp_path: Path) -> None:
    plugin = {"apiVersion": V1, "command": "no-such-plugin"}
    with pytest.raises(CredentialError) as raised:
        await run(plugin)
    assert str(raised.value) == "The login plugin no-such-plugin is not installed."
    assert "PATH" in raised.value.hint
    with pytest.raises(CredentialError) as raised:
        await run({**plugin, "installHint": "brew install\nit"})
    assert raised.value.hint == "brew install it"
    not_executable = tmp_path / "plain"
    not_executable.write_text("x")
    with pytest.raises(CredentialError, match="cannot be started: Permission denied"):
        await run({**plugin, "command": str(not_executable)})


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"interactiveMode": "Always"}, "wants to talk to a person"),
        ({"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "no longer supported"),
        ({"apiVersion": ""}, "speaks no version, which is no longer supported"),
    ],
)
async def test_a_plugin_that_cannot_be_run_here(script: Script, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CredentialError, match=sentence):
        await run({**script(says(token="t")), **more})


@pytest.mark.parametrize(
    "answer",
    [
        f'{{"apiVersion": "{V1}", "status": {{"token": "t", "expirationTimestamp": null}}}}',
        f"apiVersion: {V1}\nkind: ExecCredential\nstatus: {{token: t}}",
    ],
    ids=["without a kind", "as YAML"],
)
async def test_answers_that_kubectl_takes_as_well(script: Script, answer: str) -> None:
    assert (await run(script(f"printf '%s' '{answer}'"))).token == "t"


async def test_what_it_printed_is_told_from_both_ends_if_it_is_long(script: Script) -> None:
    plugin = script(
        "echo 'the reason' >&2; for i in $(seq 400); do echo frame $i >&2; done; echo 'the end' >&2; exit 1"
    )
    with pytest.raises(CredentialError) as raised:
        await run(plugin)
    assert "exit code 1: the reason frame 1" in str(raised.value)
    assert str(raised.value).endswith("frame 400 the end.")
    assert len(str(raised.value)) < 1400


async def test_a_plugin_that_is_no_longer_waited_for_is_ended(script: Script, tmp_path: Path) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    started, ended = asyncio.Event(), asyncio.Event()

    def readable() -> None:
        (started if os.read(alive, 10) else ended).set()

    loop = asyncio.get_running_loop()
    loop.add_reader(alive, readable)
    task = asyncio.create_task(run(script(f"exec 3> {fifo}", "echo >&3", "sleep 60")))
    try:
        async with asyncio.timeout(10):
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # All ends of the pipe are closed: the plugin and what it started are gone.
            await ended.wait()
    finally:
        loop.remove_reader(alive)
        os.close(alive)


# With a server


async def connected(url: str, write: WriteKubeconfig, plugin: dict[str, Any], time: Time, **cluster: str) -> Connection:
    access = Access(write(url, {"exec": plugin}, cluster))
    return await connect(access, Surroundings(environ=dict(os.environ), clock=time))


async def test_it_runs_once_for_many_requests_and_again_when_time_is_up(
    script: Script, write_kubeconfig: WriteKubeconfig, runs: Callable[[], list[Any]]
) -> None:
    time = Time()
    stamp = (time.now + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    plugin = script(says(token="one", expirationTimestamp=stamp))
    async with (
        securely(echo) as (url, cluster),
        await connected(url, write_kubeconfig, plugin, time, **cluster) as connection,
    ):
        for headers in await asyncio.gather(*(seen_by(connection) for _ in range(5))):
            assert headers["authorization"] == ["Bearer one"]
        time.passes(9 * 60)
        await seen_by(connection)
        assert len(runs()) == 1
        script(says(token="two"))
        time.passes(45)
        for headers in await asyncio.gather(*(seen_by(connection) for _ in range(5))):
            assert headers["authorization"] == ["Bearer two"]
        assert len(runs()) == 2


async def test_it_runs_again_after_a_401_but_once(
    script: Script, write_kubeconfig: WriteKubeconfig, runs: Callable[[], list[Any]]
) -> None:
    accepted = {"Bearer one"}

    async def picky(request: web.BaseRequest) -> web.Response:
        return web.Response() if request.headers["Authorization"] in accepted else status(401, "Unauthorized")

    plugin, time = script(says(token="one")), Time()
    async with (
        securely(picky) as (url, cluster),
        await connected(url, write_kubeconfig, plugin, time, **cluster) as connection,
    ):
        await connection.request("GET", "/")
        time.passes(60)
        accepted.clear()
        accepted.add("Bearer two")
        script(says(token="two"))
        await asyncio.gather(*(connection.request("GET", "/") for _ in range(5)))
        assert len(runs()) == 2
        accepted.clear()
        time.passes(60)
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await connection.request("GET", "/")
        assert len(runs()) == 3


async def test_a_certificate_that_it_gave_is_replaced_by_the_next(
    script: Script, write_kubeconfig: WriteKubeconfig
) -> None:
    ca, clients, time = trustme.CA(), trustme.CA(), Time()
    shown: list[str] = []

    async def whoami(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        shown.append(request.transport.get_extra_info("peercert")["subjectAltName"][0][1])
        return web.Response()

    def certificate(who: str, until: datetime) -> str:
        mine = clients.issue_cert(who)
        return says(
            clientCertificateData=mine.cert_chain_pems[0].bytes().decode(),
            clientKeyData=mine.private_key_pem.bytes().decode(),
            expirationTimestamp=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    plugin = script(certificate("first.example", time.now + timedelta(hours=1)))
    tls = tls_of(ca, clients=clients)
    async with (
        serving(whoami, tls) as url,
        await connected(
            url, write_kubeconfig, plugin, time, **{"certificate-authority-data": data(ca.cert_pem)}
        ) as connection,
    ):
        await connection.request("GET", "/")
        time.passes(3600)
        script(certificate("second.example", time.now + timedelta(hours=1)))
        await connection.request("GET", "/")
    assert shown == ["first.example", "second.example"]


async def test_it_is_not_run_beside_a_certificate_of_the_kubeconfig(
    script: Script, write_kubeconfig: WriteKubeconfig, runs: Callable[[], list[Any]]
) -> None:
    """client-go, exec.go: UpdateTransportConfig."""
    mine = trustme.CA().issue_cert("me.example")
    user = {
        "exec": script(says(token="t")),
        "client-certificate-data": data(mine.cert_chain_pems[0]),
        "client-key-data": data(mine.private_key_pem),
    }
    async with securely(echo) as (url, cluster):
        config = write_kubeconfig(url, user, cluster)
        async with await connect(Access(config), Surroundings(environ=dict(os.environ))) as connection:
            assert "authorization" not in await seen_by(connection)
    assert runs() == []


async def test_a_plugin_that_fails_at_the_start_fails_the_connection(
    script: Script, write_kubeconfig: WriteKubeconfig
) -> None:
    with pytest.raises(CredentialError, match="exit code 1"):
        await connected("https://127.0.0.1", write_kubeconfig, script("exit 1"), Time())


async def test_one_that_fails_is_left_alone_for_a_while_unless_a_person_asks(
    script: Script, write_kubeconfig: WriteKubeconfig, runs: Callable[[], list[Any]]
) -> None:
    time = Time()
    stamp = (time.now + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    plugin = script(says(token="one", expirationTimestamp=stamp))
    async with (
        securely(echo) as (url, cluster),
        await connected(url, write_kubeconfig, plugin, time, **cluster) as connection,
    ):
        time.passes(600)
        script("echo 'run sso login' >&2; exit 1")
        for _ in range(5):
            with pytest.raises(CredentialError, match="run sso login"):
                await seen_by(connection)
        assert len(runs()) == 2
        time.passes(61)
        with pytest.raises(CredentialError):
            await seen_by(connection)
        assert len(runs()) == 3
        script(says(token="two"))
        connection.retry_login()
        assert (await seen_by(connection))["authorization"] == ["Bearer two"]

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import CredentialError
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of
from tests.kube.server import securely, serving, status
from tests.kube.test_connection import Time


def jwt(name: str, expires: datetime) -> str:
    claims = urlsafe_b64encode(json.dumps({"sub": name, "exp": expires.timestamp()}).encode()).decode().rstrip("=")
    return f"header.{claims}.{name}"


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


class Provider:
    def __init__(self, ca: trustme.CA) -> None:
        self.ca = ca
        self.answer: dict[str, str] | None = None
        self.asked: list[dict[str, str]] = []
        self.clients: list[str] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        async with serving(self.handle, tls_of(self.ca)) as url:
            self.url = url
            yield url

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/.well-known/openid-configuration":
            return web.json_response({"token_endpoint": f"{self.url}/token"})
        self.asked.append({key: str(value) for key, value in (await request.post()).items()})
        self.clients.append(b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode())
        return web.json_response(self.answer) if self.answer else status(400, "no", "invalid_grant: hunter2")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    it = Provider(trustme.CA())
    async with it.serving():
        yield it


def user(provider: Provider, **config: str) -> dict[str, Any]:
    settings = {
        "client-id": "ktui",
        "client-secret": "s3cret",
        "idp-issuer-url": provider.url,
        "idp-certificate-authority-data": data(provider.ca.cert_pem),
        **config,
    }
    return {"auth-provider": {"name": "oidc", "config": {k: v for k, v in settings.items() if v}}}


async def connected(
    url: str, write: WriteKubeconfig, who: dict[str, Any], time: Time, cluster: dict[str, Any] | None = None
) -> Connection:
    return await connect(Access(write(url, who, cluster)), Surroundings(environ={}, clock=time))


async def test_a_token_that_holds_is_used_as_it_is(provider: Provider, write_kubeconfig: WriteKubeconfig) -> None:
    time = Time()
    token = jwt("one", time.now + timedelta(hours=1))
    async with securely(echo) as (url, cluster):
        who = user(provider, **{"id-token": token})
        async with await connected(url, write_kubeconfig, who, time, cluster) as connection:
            assert (await seen_by(connection))["authorization"] == [f"Bearer {token}"]
    assert provider.asked == []


async def test_one_that_expires_is_renewed_and_kept_for_the_next_program(
    provider: Provider, write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    time = Time()
    old, new = jwt("one", time.now + timedelta(hours=1)), jwt("two", time.now + timedelta(hours=2))
    provider.answer = {"id_token": new, "refresh_token": "rotated"}
    async with securely(echo) as (url, cluster):
        who = user(provider, **{"id-token": old, "refresh-token": "first"})
        async with await connected(url, write_kubeconfig, who, time, cluster) as connection:
            (tmp_path / "config").chmod(0o600)
            time.passes(3600)
            assert (await seen_by(connection))["authorization"] == [f"Bearer {new}"]
    assert provider.asked == [{"grant_type": "refresh_token", "refresh_token": "first"}]
    assert provider.clients == ["ktui:s3cret"]
    written = yaml.safe_load((tmp_path / "config").read_text())
    saved = written["users"][0]["user"]["auth-provider"]["config"]
    assert (saved["id-token"], saved["refresh-token"]) == (new, "rotated")
    assert saved["client-id"] == "ktui"
    assert written["current-context"] == "here"
    assert (tmp_path / "config").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["config"]


async def test_a_provider_that_gives_no_new_refresh_token_keeps_the_old_one(
    provider: Provider, write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    time = Time()
    provider.answer = {"id_token": jwt("one", time.now + timedelta(hours=1))}
    who = user(provider, **{"refresh-token": "only"})
    async with await connected("https://127.0.0.1", write_kubeconfig, who, time):
        written = yaml.safe_load((tmp_path / "config").read_text())
    assert written["users"][0]["user"]["auth-provider"]["config"]["refresh-token"] == "only"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"id-token": "no token", "refresh-token": "x"}, "is not a token"),
        ({}, "has expired and cannot be renewed"),
        ({"refresh-token": "revoked"}, "did not renew the OIDC login"),
        ({"refresh-token": "x", "idp-certificate-authority-data": ""}, "did not renew the OIDC login"),
    ],
    ids=["garbage", "nothing", "revoked", "a provider that is not trusted"],
)
async def test_what_goes_wrong(
    provider: Provider, write_kubeconfig: WriteKubeconfig, config: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CredentialError, match=sentence) as raised:
        await connected("https://127.0.0.1", write_kubeconfig, user(provider, **config), Time())
    assert "hunter2" not in f"{raised.value}{raised.value.hint}"


async def test_a_provider_of_the_past_is_told_of(write_kubeconfig: WriteKubeconfig) -> None:
    with pytest.raises(CredentialError, match="auth-provider gcp is no longer supported"):
        await connected("https://127.0.0.1", write_kubeconfig, {"auth-provider": {"name": "gcp"}}, Time())

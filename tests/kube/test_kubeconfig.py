from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings, choose, contexts
from ktui.kube.auth.kubeconfig import Target, in_cluster, locate, read
from ktui.kube.auth.kubeconfig_schema import Cluster
from ktui.kube.errors import ConfigError


def config(path: Path, name: str, *, current: str = "", **cluster: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "current-context": current,
                "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"{name}-ns"}}],
                "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example:6443", **cluster}}],
                "users": [{"name": name, "user": {"token": f"token-of-{name}"}}],
            }
        )
    )
    return path


def target(*files: Path, context: str = "") -> Target:
    return read(files).target(context)


def test_of_several_files_the_first_word_counts(tmp_path: Path) -> None:
    first = config(tmp_path / "1", "a")
    second = config(tmp_path / "2", "b", current="b")
    third = config(tmp_path / "3", "a", current="a", **{"tls-server-name": "other"})
    assert target(first, second, third).context == "b"
    assert target(first, second, third, context="a").cluster == Cluster(server="https://a.example:6443")


def test_kubectl_merges_the_same_way(tmp_path: Path) -> None:
    files = [
        config(tmp_path / "1", "a"),
        config(tmp_path / "2", "b", current="b"),
        config(tmp_path / "3", "a", current="a"),
    ]
    kubectl = Path(sys.executable).with_name("kubectl")
    environ = {**os.environ, "KUBECONFIG": os.pathsep.join(map(str, files))}
    shown = subprocess.run([kubectl, "config", "view", "-o", "json"], env=environ, capture_output=True, check=True)
    theirs = json.loads(shown.stdout)
    mine = contexts(Access(), Surroundings(environ=environ))
    assert [c.name for c in mine] == sorted(c["name"] for c in theirs["contexts"])
    assert [c.name for c in mine if c.current] == [theirs["current-context"]]
    servers = {c["name"]: c["cluster"]["server"] for c in theirs["clusters"]}
    assert {c.cluster: c.server for c in mine} == servers


def test_files_are_found_beside_the_kubeconfig_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "one" / "pki").mkdir(parents=True)
    (tmp_path / "one" / "pki" / "ca.crt").write_text("x")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "me.crt").write_text("x")
    first = tmp_path / "one" / "config"
    first.write_text("clusters: [{name: c, cluster: {server: 'https://s', certificate-authority: pki/ca.crt}}]")
    second = tmp_path / "two" / "config"
    second.write_text(
        "current-context: x\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "users: [{name: u, user: {client-certificate: me.crt, client-key: me.crt, exec: {command: bin/login}}}]"
    )
    it = target(first, second)
    assert it.cluster.certificate_authority == str(tmp_path / "one/pki/ca.crt")
    assert it.user.client_certificate == str(tmp_path / "two/me.crt")
    assert it.user.exec is not None
    assert it.user.exec.command == str(tmp_path / "two/bin/login")
    assert it.namespace == "default"


def test_a_plugin_that_is_looked_up_on_the_path_stays_a_name(tmp_path: Path) -> None:
    file = config(tmp_path / "c", "a", current="a")
    document = json.loads(file.read_text())
    document["users"][0]["user"] = {"exec": {"command": "aws-iam-authenticator"}}
    file.write_text(json.dumps(document))
    plugin = target(file).user.exec
    assert plugin is not None
    assert plugin.command == "aws-iam-authenticator"


def test_where_the_files_are_looked_for(tmp_path: Path) -> None:
    one, two = config(tmp_path / "1", "a"), config(tmp_path / "2", "b")
    home = tmp_path / "home"
    default = config(home / ".kube" / "config", "h")
    listed = os.pathsep.join([str(one), "", str(tmp_path / "missing"), str(two), str(one)])
    environ = {"KUBECONFIG": listed, "HOME": str(home)}
    assert locate(str(two), environ) == (two,)
    assert locate(None, environ) == (one, two)
    assert locate(None, {"HOME": str(home)}) == (default,)
    assert locate(None, {"HOME": str(tmp_path)}) == ()
    assert locate("~/.kube/config", {"HOME": str(home)}) == (default,), "a tilde that the shell has left"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [1,\nb: }", "is not valid YAML, line 2"),
        ("\x00", "is not valid YAML"),
        ("just words", "is not a kubeconfig"),
        ("", "No context is chosen"),
        ("current-context: x", 'There is no context "x"'),
        ("current-context: x\ncontexts: [{name: x}]", 'The context "x" has no cluster'),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
            'The context "x" has no cluster "c"',
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
            "clusters: [{name: c, cluster: {server: 'https://s'}}]",
            'names the user "u", and there is none',
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
            "clusters: [{name: c, cluster: {server: 'https://s', certificate-authority: gone.crt}}]",
            "gone.crt, named in",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    with pytest.raises(ConfigError) as raised:
        target(file)
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("users: [{name: u, user: {token: hunter2}}\n: :")
    with pytest.raises(ConfigError) as raised:
        target(file)
    assert str(file) in str(raised.value)
    assert "hunter2" not in f"{raised.value}{raised.value.hint}"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no kubeconfig at"):
        locate(str(tmp_path / "none"), {})
    around = Surroundings(environ={"KUBECONFIG": str(tmp_path / "none")}, service_account=tmp_path)
    with pytest.raises(ConfigError, match="KUBECONFIG names"):
        choose(Access(), around)


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory\."):
        target(tmp_path)


def test_an_unknown_context_comes_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        target(config(tmp_path / "1", "a"), config(tmp_path / "2", "b"), context="c")
    assert raised.value.hint == "Available: a, b."


def test_contexts_to_choose_from(tmp_path: Path) -> None:
    file = config(tmp_path / "1", "prod", current="prod")
    (only,) = contexts(Access(kubeconfig=str(file)))
    assert (only.name, only.cluster, only.namespace, only.user, only.current) == (
        "prod", "prod", "prod-ns", "prod", True,
    )  # fmt: skip
    assert only.server == "https://prod.example:6443"
    assert contexts(Access(), Surroundings(environ={"HOME": str(tmp_path)})) == ()


@pytest.mark.parametrize(
    ("server", "more", "expected"),
    [
        ("localhost:8080", {}, "http://localhost:8080"),
        ("10.0.0.1:6443", {"insecure-skip-tls-verify": True}, "http://10.0.0.1:6443"),
        ("HTTPS://10.0.0.1:6443/k8s/", {}, "https://10.0.0.1:6443/k8s"),
        ("https://[fd00::1]:6443?a=b#c", {}, "https://[fd00::1]:6443"),
        ("https://bücher.example:6443", {}, "https://xn--bcher-kva.example:6443"),
        ("http://10.0.0.1", {"insecure-skip-tls-verify": True}, "http://10.0.0.1"),
    ],
)
def test_a_server_without_a_scheme(tmp_path: Path, server: str, more: dict[str, Any], expected: str) -> None:
    assert target(config(tmp_path / "1", "a", current="a", **{"server": server, **more})).cluster.server == expected


def test_inside_a_pod_its_service_account_is_used(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(environ, tmp_path) is None
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("shop\n")
    it = in_cluster(environ, tmp_path)
    assert it is not None
    assert (it.cluster.server, it.namespace) == ("https://[fd00::1]:443", "shop")
    assert in_cluster({}, tmp_path) is None

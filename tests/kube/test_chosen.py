"""The cluster that was chosen stays the one, whatever becomes of the files."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from ktui.kube.auth.access import Access, kubectl_call
from ktui.kube.auth.chosen import Choice, Surroundings, choose, contexts, whereabouts
from ktui.kube.errors import ConfigError


def write(path: Path, current: str = "a", *, server: str = "https://{}:6443", user: str = "", **token: str) -> Path:
    """A kubeconfig of the contexts a and b, each with a cluster and a user of its own name."""
    names = ("a", "b")
    document = {
        "current-context": current,
        "contexts": [{"name": n, "context": {"cluster": n, "user": user or n, "namespace": f"ns-{n}"}} for n in names],
        "clusters": [{"name": n, "cluster": {"server": server.format(n)}} for n in names],
        "users": [{"name": n, "user": {"token": token.get(n, f"token-{n}")}} for n in names],
    }
    path.write_text(json.dumps(document))
    return path


def again(first: Choice, access: Access, around: Surroundings) -> Choice:
    return choose(access, around, first.target)


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(environ={"KUBECONFIG": str(tmp_path / "config")}, service_account=tmp_path)


def test_another_current_context_changes_nothing_and_is_said(tmp_path: Path, around: Surroundings) -> None:
    write(tmp_path / "config", "a")
    first = choose(Access(), around)
    assert (first.target.context, first.note) == ("a", "")
    write(tmp_path / "config", "b")
    second = again(first, Access(), around)
    assert second.target == first.target
    assert second.note == (
        'The kubeconfig\'s current context is now "b". This is still "a" at https://a:6443.'
    )  # fmt: skip
    write(tmp_path / "config", "a")
    assert again(second, Access(), around) == first


def test_who_names_a_context_does_not_hear_of_the_current_one(tmp_path: Path, around: Surroundings) -> None:
    write(tmp_path / "config", "a")
    first = choose(Access(context="a"), around)
    write(tmp_path / "config", "b")
    assert again(first, Access(context="a"), around) == first


def test_another_server_by_the_same_name_is_not_gone_to(tmp_path: Path, around: Surroundings) -> None:
    write(tmp_path / "config")
    first = choose(Access(context="a"), around)
    write(tmp_path / "config", server="https://other-{}", a="renewed")
    second = again(first, Access(context="a"), around)
    assert second.target.cluster == first.target.cluster
    assert second.note == 'The kubeconfig\'s context "a" is now https://other-a. This is still "a" at https://a:6443.'
    assert second.flags == ("--server", "https://a:6443"), "kubectl is not to go there either"


@pytest.mark.parametrize("field", ["proxy-url", "tls-server-name"])
def test_another_way_to_the_same_address_is_not_taken(tmp_path: Path, around: Surroundings, field: str) -> None:
    """Behind another proxy the same address is another machine."""
    file = write(tmp_path / "config")
    first = choose(Access(), around)
    document = json.loads(file.read_text())
    document["clusters"][0]["cluster"][field] = {"proxy-url": "http://elsewhere"}.get(field, "elsewhere")
    file.write_text(json.dumps(document))
    second = again(first, Access(), around)
    assert second.target.cluster == first.target.cluster
    assert 'context "a" is now' in second.note


def test_what_renews_itself_is_renewed(tmp_path: Path, around: Surroundings) -> None:
    file = write(tmp_path / "config")
    first = choose(Access(), around)
    document = json.loads(file.read_text())
    document["clusters"][0]["cluster"]["certificate-authority-data"] = "bmV3"
    document["users"][0]["user"] = {"token": "renewed", "as": "someone-else"}
    file.write_text(json.dumps(document))
    second = again(first, Access(), around)
    assert second.note == ""
    assert second.target.user.token == "renewed"
    assert second.target.user.act_as == "", "whom it acts as was chosen, too"
    assert second.target.cluster.certificate_authority_data == "bmV3"


def test_a_server_that_was_verified_goes_on_being_verified(tmp_path: Path, around: Surroundings) -> None:
    file = write(tmp_path / "config")
    document = json.loads(file.read_text())
    document["clusters"][0]["cluster"]["certificate-authority-data"] = "b2xk"
    file.write_text(json.dumps(document))
    first = choose(Access(), around)
    document["clusters"][0]["cluster"] = {"server": "https://a:6443", "insecure-skip-tls-verify": True}
    file.write_text(json.dumps(document))
    assert again(first, Access(), around).target.cluster == first.target.cluster


def test_another_user_of_the_context_is_not_taken(tmp_path: Path, around: Surroundings) -> None:
    write(tmp_path / "config")
    first = choose(Access(), around)
    write(tmp_path / "config", user="b")
    second = again(first, Access(), around)
    assert second.target == first.target
    assert second.note == 'The kubeconfig\'s context "a" now has the user "b". This is still "a".'
    assert second.flags == ("--user", "a")


@pytest.mark.parametrize(
    "content", [None, "", "current-context: a", "users: {", "users: [{name: a, user: {token: 3}}]"]
)
def test_files_that_are_gone_or_broken_change_nothing(
    tmp_path: Path, around: Surroundings, content: str | None
) -> None:
    file = write(tmp_path / "config")
    first = choose(Access(), around)
    file.unlink() if content is None else file.write_text(content)
    second = again(first, Access(), around)
    assert second.target == first.target
    assert second.note


def test_a_file_that_comes_before_the_others_takes_over_nothing(tmp_path: Path) -> None:
    front, back = tmp_path / "front", write(tmp_path / "back", "a")
    around = Surroundings(environ={"KUBECONFIG": os.pathsep.join(map(str, (front, back)))})
    first = choose(Access(), around)
    write(front, "b", server="https://front-{}", a="of-front")
    second = again(first, Access(), around)
    assert second.target == first.target
    assert second.note.startswith('The kubeconfig\'s context "a" is now https://front-a.')
    write(front, "a", server="https://{}:6443", a="of-front")
    third = again(second, Access(), around)
    assert third.target == first.target, "the user of another file is another user"


def test_the_namespace_stays(tmp_path: Path, around: Surroundings) -> None:
    file = write(tmp_path / "config")
    first = choose(Access(), around)
    file.write_text(file.read_text().replace("ns-a", "elsewhere"))
    assert again(first, Access(), around).target.namespace == "ns-a"


# In a pod


@pytest.fixture
def pod(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "token").write_text("mounted")
    (tmp_path / "namespace").write_text("ops\n")
    return {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.mark.parametrize("content", [None, "", "---\n", "users: []", "apiVersion: v1\nkind: Config\nclusters: []"])
def test_in_a_pod_a_kubeconfig_that_chooses_nothing_means_the_service_account(
    tmp_path: Path, pod: dict[str, str], content: str | None
) -> None:
    if content is not None:
        (tmp_path / "config").write_text(content)
    environ = {**pod, "KUBECONFIG": str(tmp_path / "config")}
    inside = Surroundings(environ=environ, service_account=tmp_path)
    assert whereabouts(Access(), inside) == ("in-cluster", "ops")
    assert contexts(Access(), inside) == ()
    with_variable = Surroundings(environ={**environ, "POD_NAMESPACE": "mine"}, service_account=tmp_path)
    assert whereabouts(Access(), with_variable) == ("in-cluster", "mine")
    with pytest.raises(ConfigError):
        choose(Access(context="a"), inside)
    with pytest.raises(ConfigError):
        choose(Access(), Surroundings(environ={"KUBECONFIG": environ["KUBECONFIG"]}, service_account=tmp_path))


def test_in_a_pod_a_kubeconfig_that_chooses_counts(tmp_path: Path, pod: dict[str, str]) -> None:
    write(tmp_path / "config", "b")
    inside = Surroundings(environ={**pod, "KUBECONFIG": str(tmp_path / "config")}, service_account=tmp_path)
    assert whereabouts(Access(), inside) == ("b", "ns-b")
    with pytest.raises(ConfigError, match="There is no kubeconfig at"):
        choose(Access(kubeconfig=str(tmp_path / "none")), inside)


def test_in_a_pod_it_stays_the_service_account(tmp_path: Path, pod: dict[str, str]) -> None:
    inside = Surroundings(environ={**pod, "KUBECONFIG": str(tmp_path / "config")}, service_account=tmp_path)
    first = choose(Access(), inside)
    write(tmp_path / "config", "b")
    assert again(first, Access(), inside) == first


def test_surroundings_that_are_no_address(tmp_path: Path, pod: dict[str, str]) -> None:
    inside = Surroundings(environ={**pod, "KUBERNETES_SERVICE_PORT": "tcp://10.0.0.1:443"}, service_account=tmp_path)
    with pytest.raises(ConfigError, match="KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not an address"):
        choose(Access(), inside)


# Pipes


def test_a_named_pipe_is_not_waited_for_again(tmp_path: Path) -> None:
    content, fifo = write(tmp_path / "config").read_bytes(), tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(content,))
    writer.start()
    access, around = Access(kubeconfig=str(fifo)), Surroundings(environ={})
    first = choose(access, around)
    writer.join()
    assert again(first, access, around) == first
    assert [context.name for context in contexts(access, around)] == ["a", "b"]


def test_a_file_that_never_ends_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="/dev/zero is too large to be a kubeconfig"):
        choose(Access(kubeconfig="/dev/zero"), Surroundings(environ={}))


def test_a_kubeconfig_from_a_pipe_is_read_once_and_kept(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, write(tmp_path / "config").read_bytes())
    os.close(writing)
    try:
        access, around = Access(kubeconfig=f"/dev/fd/{reading}"), Surroundings(environ={})
        assert [context.name for context in contexts(access, around)] == ["a", "b"]
        assert whereabouts(access, around) == ("a", "ns-a")
        first = choose(access, around)
        assert again(first, access, around) == first
        assert [context.name for context in contexts(access, around)] == ["a", "b"]
    finally:
        os.close(reading)


def test_a_context_may_be_called_as_ktui_calls_the_cluster_of_a_pod(tmp_path: Path, around: Surroundings) -> None:
    (tmp_path / "config").write_text(
        "current-context: in-cluster\ncontexts: [{name: in-cluster, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://c'}}]"
    )
    assert not choose(Access(), around).target.is_inside


# Commands to copy


@pytest.mark.parametrize(
    ("access", "call"),
    [
        (Access(), ["kubectl", "--context", "a"]),
        (Access(kubeconfig="f", context="a"), ["kubectl", "--kubeconfig", "f", "--context", "a"]),
        (
            Access(as_user="jane", as_groups=("dev", "ops")),
            ["kubectl", "--context", "a", "--as", "jane", "--as-group", "dev", "--as-group", "ops"],
        ),
    ],
)
def test_a_command_to_copy_acts_as_the_same_user(access: Access, call: list[str]) -> None:
    assert list(kubectl_call(access, "a")) == call


def test_a_place_in_a_pod_has_no_context_to_name() -> None:
    assert kubectl_call(Access(), "") == ("kubectl",)

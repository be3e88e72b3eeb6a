"""Kubeconfigs with values of the wrong type, and odd YAML; the real kubectl says which of them are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ktui.kube.auth.kubeconfig import read
from ktui.kube.auth.kubeconfig_schema import User
from ktui.kube.errors import ConfigError

KUBECTL = Path(sys.executable).with_name("kubectl")

WHOLE = """\
current-context: x
contexts: [{{name: x, context: {{cluster: c, user: u{context}}}}}]
clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:1"{cluster}}}}}]
users: [{{name: u, user: {{{user}}}}}]
{more}"""


def whole(context: str = "", cluster: str = "", user: str = "", more: str = "") -> str:
    return WHOLE.format(context=context, cluster=cluster, user=user, more=more)


def refused_by_kubectl(file: Path, *, sends: bool = False) -> bool:
    """Whether kubectl refuses that file when it reads it, or when it would send a request (nothing listens there)."""
    command = ["get", "--raw", "/"] if sends else ["config", "view"]
    ran = subprocess.run([KUBECTL, "--kubeconfig", file, *command], capture_output=True, text=True, check=False)
    return "was refused" not in ran.stderr if sends else ran.returncode != 0


def refusal(file: Path) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        read((file,)).target()
    assert str(raised.value).endswith(".")
    assert str(file) in f"{raised.value}{raised.value.hint}"
    return raised.value


WRONG = [
    (whole(cluster=', insecure-skip-tls-verify: "false"'), 'insecure-skip-tls-verify of the cluster "c" is text'),
    (whole(cluster=", disable-compression: 1"), 'disable-compression of the cluster "c" is a number'),
    (whole(cluster=", proxy-url: [a]"), 'proxy-url of the cluster "c" is a list, and must be text'),
    (
        whole(cluster=', certificate-authority-data: "!!!"'),
        'certificate-authority-data of the cluster "c" is not base64',
    ),
    (whole(cluster=', certificate-authority-data: "aGVsbG8"'), "certificate-authority-data of the cluster"),
    (whole(context=", namespace: 2024"), 'namespace of the context "x" is a number, and must be text'),
    (whole(user="token: 123"), 'token of the user "u" is a number, and must be text'),
    (whole(user="token: 1e3"), 'token of the user "u" is a number'),
    (whole(user="token: 0o17"), 'token of the user "u" is a number'),
    (whole(user="token: yes"), 'token of the user "u" is true or false, and must be text'),
    (whole(user='exec: "aws"'), 'exec of the user "u" is text, and must be a mapping'),
    (whole(user="exec: {command: a, args: all}"), 'exec.args of the user "u" is text, and must be a list'),
    (whole(user="exec: {command: a, env: [{name: A, value: 1}]}"), 'exec.env[0].value of the user "u" is a number'),
    (whole(user="as: 7"), 'as of the user "u" is a number'),
    (whole(user="as: a, as-groups: b"), 'as-groups of the user "u" is text, and must be a list'),
    (whole(user="as: a, as-user-extra: {k: v}"), 'as-user-extra of the user "u" is text, and must be a list'),
    (whole(user="auth-provider: {name: oidc, config: {a: 1}}"), 'auth-provider.config of the user "u" is a number'),
    (whole(user="<<: {token: 3}"), 'token of the user "u" is a number'),
    (whole(more="preferences: dark"), "preferences is text, and must be a mapping"),
    (whole(more="current-context: 7"), "current-context is a number, and must be text"),
    (whole(more="users: {}"), "users is a mapping, and must be a list"),
    (whole(more="users: [{name: u}, {name: u}]"), '"users" has the name "u" twice'),
    (whole(more="clusters: [{name: 3}]"), "name of the entry 1 of clusters is a number"),
    (whole(more="kind: Pod\napiVersion: v1"), "is not a kubeconfig"),
    (whole(more="apiVersion: v2\nkind: Config"), "is not a kubeconfig"),
    ("[]", "is not a kubeconfig"),
    ("users:\n\t- name: u", "is not valid YAML, line 2"),
    ("a: " + "[" * 20_000 + "]" * 20_000, "is not valid YAML, line 1"),
    (whole(user="token: .nan"), "is not valid YAML"),
    (whole(more="unknown: -.inf"), "is not valid YAML"),
    ("a: &a [*a]", "is not valid YAML, line 1"),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG)
def test_a_field_of_the_wrong_type_is_refused_by_name_as_kubectl_refuses_it(
    tmp_path: Path, content: str, sentence: str
) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    assert refused_by_kubectl(file)
    assert sentence in str(refusal(file))


def test_aliases_that_stand_for_billions_are_refused(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    file = tmp_path / "config"
    file.write_text("\n".join(lines))
    assert "is not valid YAML" in str(refusal(file))


@pytest.mark.parametrize("depth", [101, 100_000])
def test_nesting_never_ends_ktui(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "config"
    file.write_text("extensions: " + "[" * depth + "]" * depth)
    assert "is not valid YAML" in str(refusal(file))


@pytest.mark.parametrize(
    ("content", "token"),
    [
        (whole(user="token: a", more="---\n"), "a"),
        (whole(user="token: a", more="---\nusers: [{"), "a"),
        (whole(user="token: a, token: b"), "b"),
        (whole(user="token: a", more="users: [{name: u, user: {token: z}}]"), "z"),
        (whole(user="token: 2024-01-01"), "2024-01-01"),
        (whole(user="token: 12:30:45"), "12:30:45"),
        (whole(user="token: !!binary aGVsbG8="), "hello"),
        (whole(user="token: !vault word"), "word"),
        (whole(user="token: !!str 123"), "123"),
        (whole(user="token: ~, exec: null"), ""),
        (whole(user="<<: {token: a}, unknown: {field: 1}"), "a"),
        ("x: &it {token: a}\n" + whole(more="users: [{name: u, user: *it}]"), "a"),
        ("# a comment\n---\n" + whole(user="token: a"), "a"),
        ("\ufeff" + whole(user="token: a"), "a"),
        (whole(user="token: a").replace("\n", "\r\n"), "a"),
        (whole(cluster=", insecure-skip-tls-verify: yes", user="token: a"), "a"),
    ],
)
def test_what_kubectl_reads_is_read_the_same(tmp_path: Path, content: str, token: str) -> None:
    file = tmp_path / "config"
    file.write_bytes(content.encode())
    command = [str(KUBECTL), "--kubeconfig", str(file), "config", "view", "--raw", "-o", "json"]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert theirs["users"][0]["user"].get("token", "") == token
    target = read((file,)).target()
    assert target.user.token == token
    assert target.cluster.insecure_skip_tls_verify is theirs["clusters"][0]["cluster"].get(
        "insecure-skip-tls-verify", False
    )


def test_a_kubeconfig_in_json_with_tabs_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config"
    users = [{"name": "u", "user": {"token": "t"}}]
    document = {"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}
    clusters = [{"name": "c", "cluster": {"server": "https://s"}}]
    file.write_text(json.dumps({**document, "clusters": clusters, "users": users}, indent="\t"))
    assert read((file,)).target().user == User(token="t")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (whole(user='token: "hunter2\\n"'), 'token of the user "u" holds a line break or another control character'),
        (whole(user='token: a, as: "hunter2\\n"'), 'as of the user "u" holds a line break'),
        (whole(user='token: a, as: b, as-user-extra: {k: ["hunter2\\x01"]}'), 'as-user-extra of the user "u" holds'),
        (
            whole(user="token: hunter2, username: b, password: c"),
            'token of the user "u" is set together with a username',
        ),
        (whole(user="token: a, as-groups: [hunter2]"), 'as of the user "u" is empty, and as-uid'),
        (whole(user="client-certificate-data: aHVudGVyMg=="), 'client-key of the user "u" is missing'),
        (whole(user="exec: {command: a}, auth-provider: {name: oidc}"), 'exec of the user "u" is set together'),
        (whole(user="exec: {args: [hunter2]}"), 'exec.command of the user "u" is empty'),
        (whole(user="exec: {command: a, interactiveMode: Some}"), 'exec.interactiveMode of the user "u" is none of'),
        (
            whole(cluster=", certificate-authority: config, certificate-authority-data: aGVsbG8="),
            'certificate-authority and certificate-authority-data of the cluster "c" are both given',
        ),
        (
            whole(cluster=", certificate-authority: config, insecure-skip-tls-verify: true", user="token: a"),
            'insecure-skip-tls-verify of the cluster "c" is true, and',
        ),
        (whole(cluster=", certificate-authority: ~/ca", user="token: a"), "~/ca, named in"),
        (whole(user="token: a").replace("https://", "ftp://"), 'server of the cluster "c" is not an http or https'),
        (whole(user="token: a").replace("https://", "https://\\x1b[2J"), 'server of the cluster "c" is not an http'),
        (whole(user="token: a").replace("127.0.0.1:1", "h:99999"), 'server of the cluster "c" is not an http'),
        (
            whole(user="token: a").replace("https://127.0.0.1:1", "127.0.0.1:1/a"),
            'server of the cluster "c" has a path',
        ),
    ],
)
def test_what_kubectl_would_refuse_on_its_way_is_refused_by_field(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    error = refusal(file)
    assert sentence in str(error)
    assert "hunter2" not in f"{error}{error.hint}"
    assert refused_by_kubectl(file, sends=True)


@pytest.mark.parametrize("name", ["a b", "a\\n", ".example", "x" * 70 + ".example"])
def test_a_tls_server_name_that_is_not_a_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config"
    file.write_text(whole(cluster=f', tls-server-name: "{name}"', user="token: a"))
    assert 'tls-server-name of the cluster "c" is not the name of a host' in str(refusal(file))


@pytest.mark.parametrize(
    "server", ["https://me:hunter2@127.0.0.1:1", "me:hunter2@127.0.0.1:1", "https://hunter2@[::1]"]
)
def test_a_password_in_the_servers_address_is_refused_and_never_shown(tmp_path: Path, server: str) -> None:
    file = tmp_path / "config"
    file.write_text(whole().replace("https://127.0.0.1:1", server))
    error = refusal(file)
    assert 'server of the cluster "c" holds a user or password' in str(error)
    assert "hunter2" not in f"{error}{error.hint}{read((file,)).choices()}"


def test_a_namespace_that_cannot_be_one(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(whole(context=", namespace: a b", user="token: a"))
    assert 'namespace of the context "x" is not a name that a namespace can have' in str(refusal(file))


def test_names_with_escape_sequences_are_cleaned_where_they_are_told(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text('current-context: "a\\x1b[2J"\nusers: [{name: "b\\x1b]52;c;aGk=\\x07", user: {token: 3}}]')
    assert "\x1b" not in str(refusal(file))
    file.write_text('current-context: "a\\x1b[2J"')
    assert "\x1b" not in str(refusal(file))


def test_nothing_secret_is_in_a_repr(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(whole(user='username: me, password: "hunter2"'))
    config = read((file,))
    assert "hunter2" not in f"{config!r}{config.target()!r}{config.target().user!r}"

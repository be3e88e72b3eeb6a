"""Reading what clients send: faults in the server's words, unknown fields as strictly as is asked for."""

import json
from typing import Any

import pytest

from ktui.sim.api.decoding import IGNORE, STRICT, WARN, check_patched, read_applied, read_object
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import of
from ktui.sim.api.tidying import tidy
from ktui.sim.api.writeoptions import check_write_options
from tests.sim.api.recorded import every_write, exchange

JSON = dict[str, Any]
DEPLOYMENTS, PODS = of("apps", "deployments"), of("", "pods")
IN_JSON = "application/json"


def _refused(body: bytes, how: str = WARN, content_type: str = IN_JSON) -> ApiError:
    with pytest.raises(ApiError) as refused:
        read_object(DEPLOYMENTS, body, content_type, how)
    return refused.value


def test_malformed_json_is_refused_in_the_recorded_words() -> None:
    pair = exchange("create: malformed JSON")
    assert _refused(pair["request"]["body"].encode()).status == pair["response"]["body"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "unexpected end of JSON input (<empty>)"),
        (b"{", "unexpected end of JSON input ({)"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (
            b"nonsense that is long enough to be cut off somewhere",
            "6e6f6e73656e73652074686174206973206c6f6e6720656e6f7567682074 ...)",
        ),
        (b"[]", "cannot unmarshal array into Go value"),
        (b"[" * 100_000, "exceeded max depth"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "exceeded max depth"),
    ],
)
def test_what_is_no_object_is_refused_as_go_words_it(body: bytes, words: str) -> None:
    refused = _refused(body)
    assert refused.code == 400
    assert words in refused.message


def test_unknown_and_duplicate_fields_are_refused_warned_of_or_dropped() -> None:
    body = (
        b'{"spec": {"replicas": 1, "replicaz": 2, "replicas": 3, "template": {"spec": {"containers": [{"nam": "x"}]}}}}'
    )
    faults = [
        'duplicate field "spec.replicas"',
        'unknown field "spec.replicaz"',
        'unknown field "spec.template.spec.containers[0].nam"',
    ]
    refused = _refused(body, STRICT)
    words = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
    assert refused.message == words + ", ".join(faults)
    assert read_object(DEPLOYMENTS, body, IN_JSON, WARN)[1] == faults
    assert read_object(DEPLOYMENTS, body, IN_JSON, IGNORE)[1] == []
    sent = read_object(DEPLOYMENTS, body, IN_JSON, IGNORE)[0]
    sent["apiVersion"] = "apps/v1"
    tidy("Deployment", sent)
    assert sent["spec"] == {"replicas": 3, "template": {"spec": {"containers": [{}]}}}


def test_an_unknown_field_in_a_patch_is_refused_as_recorded() -> None:
    pair = exchange("patch: unknown field, strict")
    recorded = pair["response"]["body"]["message"]
    current = exchange("patch: json patch")["response"]["body"]
    current["spec"]["replicaz"] = 1
    with pytest.raises(ApiError) as refused:
        check_patched(DEPLOYMENTS, current, STRICT)
    assert refused.value.code == pair["response"]["status"]
    head, tail = (
        ' "" is invalid: patch: Invalid value: "{\\"',
        '}": strict decoding error: unknown field "spec.replicaz"',
    )
    for message in (refused.value.message, recorded):
        assert message.startswith(head)
        assert message.endswith(tail)
    assert check_patched(DEPLOYMENTS, current, WARN) == ['unknown field "spec.replicaz"']


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            {"replicas": "3"},
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        ({"paused": 1}, "json: cannot unmarshal number into Go struct field DeploymentSpec.spec.paused of type bool"),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": []}}},
            "json: cannot unmarshal array into Go struct field "
            "RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type intstr.IntOrString",
        ),
        (
            {"template": []},
            "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
        ),
        (
            {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": 1}]}]}}},
            "json: cannot unmarshal number into Go struct field "
            "EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            {"template": {"spec": {"containers": {}}}},
            "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(spec: JSON, words: str) -> None:
    refused = _refused(json.dumps({"spec": spec}).encode())
    assert refused.code == 400
    assert refused.message == f'Deployment in version "v1" cannot be handled as a Deployment: {words}'


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            {"apiVersion": "v1", "kind": "Pod"},
            "the API version in the data (v1) does not match the expected API version (apps/v1)",
        ),
        ({"apiVersion": "apps/v1", "kind": "ReplicaSet"}, "cannot be handled as a Deployment"),
    ],
)
def test_an_object_of_another_kind_is_refused(kind: JSON, words: str) -> None:
    assert words in _refused(json.dumps(kind).encode()).message


def test_yaml_is_read_and_protobuf_is_not() -> None:
    assert read_object(DEPLOYMENTS, b"spec:\n  replicas: 2\n", "application/yaml", STRICT)[0] == {
        "spec": {"replicas": 2}
    }
    assert _refused(b"a: [", content_type="application/yaml").code == 400
    refused = _refused(b"k8s\x00", content_type="application/vnd.kubernetes.protobuf")
    assert (refused.code, refused.reason) == (415, "UnsupportedMediaType")
    assert "application/json, application/yaml" in refused.message


def test_everything_that_the_real_server_stored_can_be_read_back() -> None:
    for write in every_write():
        if write.new["kind"] in ("Deployment", "Pod", "ReplicaSet"):
            resource = PODS if write.new["kind"] == "Pod" else of("apps", write.new["kind"].lower() + "s")
            assert read_object(resource, json.dumps(write.new).encode(), IN_JSON, STRICT) == (write.new, [])


def test_yaml_is_read_as_json_would_have_it() -> None:
    body = b"metadata: {annotations: {at: 2026-11-23T13:00:00Z, day: 2026-11-23}}\n"
    annotations = read_object(DEPLOYMENTS, body, "application/yaml", STRICT)[0]["metadata"]["annotations"]
    assert annotations == {"at": "2026-11-23T13:00:00Z", "day": "2026-11-23"}
    for strange in (
        b"spec: &x {template: *x}\n",
        b"? {a: b}\n: c\n",
        b"spec: {replicas: .nan}\n",
        b"spec: !!binary eA==\n",
    ):
        assert _refused(strange, content_type="application/yaml").code == 400


def test_an_applied_configuration_may_be_yaml_and_must_fit_its_kind() -> None:
    head = b"apiVersion: apps/v1\nkind: Deployment\n"
    assert read_applied(DEPLOYMENTS, head + b"spec: {replicas: 2}\n")["spec"] == {"replicas": 2}
    refused = {
        b"- a\n": "must be an object",
        b"{": "error decoding YAML",
        b"kind: Deployment\n": "apiVersion and kind must be set",
        b"apiVersion: v1\nkind: Pod\n": "does not match the expected API version",
        head + b"spec: {replicaz: 2}\n": ".spec.replicaz: field not declared in schema",
        head + b"spec: {replicas: two}\n": "cannot unmarshal string",
    }
    for body, words in refused.items():
        with pytest.raises(ApiError, match=words) as error:
            read_applied(DEPLOYMENTS, body)
        assert error.value.code == 400


@pytest.mark.parametrize(
    ("verb", "query", "told"),
    [
        ("create", {"dryRun": "all"}, 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "all"'),
        ("update", {"fieldValidation": "Hard"}, 'fieldValidation: Unsupported value: "Hard"'),
        ("patch", {"force": "true"}, "force: Forbidden: may not be specified for non-apply patch"),
        ("patch", {"fieldManager": "m" * 129}, "fieldManager: Too long: may not be more than 128 bytes"),
    ],
)
def test_a_parameter_that_is_none_is_refused(verb: str, query: dict[str, str], told: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_write_options(verb, query)
    assert refused.value.code == 422
    assert told in refused.value.message


def test_an_apply_says_who_applies_and_may_force() -> None:
    check_write_options("patch", {"fieldManager": "me", "force": "true", "dryRun": "All"}, applies=True)
    with pytest.raises(ApiError, match="fieldManager: Required value: is required for apply patch"):
        check_write_options("patch", {}, applies=True)

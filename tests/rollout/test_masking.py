"""What is hidden before two objects are compared in front of others."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.redaction import MASK
from ktui.rollout.diff.masking import Masks


def concealed(value: Any) -> Any:
    return Masks().conceal(value)


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "web", **fields}]}}


def test_another_secret_in_the_same_place_is_told_apart_and_the_same_one_is_not() -> None:
    masks = Masks()
    first = masks.conceal(container(env=[{"name": "API_TOKEN", "value": "hunter2"}]))
    other = masks.conceal(container(env=[{"name": "API_TOKEN", "value": "hunter3"}]))
    again = masks.conceal(container(env=[{"name": "API_TOKEN", "value": "hunter2"}]))
    assert first == again == container(env=[{"name": "API_TOKEN", "value": MASK}])
    assert other == container(env=[{"name": "API_TOKEN", "value": f"{MASK} (another value)"}])


def test_a_text_that_changes_around_a_secret_does_not_say_that_the_secret_did() -> None:
    masks = Masks()
    masks.conceal({"args": ["run --password=hunter2 --token=one"]})
    assert masks.conceal({"args": ["run --fast --password=hunter2 --token=two"]}) == {
        "args": [f"run --fast --password={MASK} --token={MASK} (another value)"]
    }


def test_variables_that_change_places_keep_their_secrets() -> None:
    masks = Masks()
    token, key = {"name": "TOKEN", "value": "one"}, {"name": "KEY", "value": "two"}
    assert masks.conceal(container(env=[token, key])) == container(
        env=[{"name": "TOKEN", "value": MASK}, {"name": "KEY", "value": MASK}]
    )
    assert "another" not in str(masks.conceal(container(env=[key, token])))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--db-password=hunter2 --verbose", f"--db-password={MASK} --verbose"),
        ('{"password": "hunter2", "user": "app"}', f'{{"password": {MASK}, "user": "app"}}'),
        ("curl -H 'Authorization: Bearer eyJhbGciOiJI'", f"curl -H 'Authorization: Bearer {MASK}'"),
        ("x-token: Bearer eyJhbGciOiJI", f"x-token: Bearer {MASK}"),
        ("export API_KEY='two words'; run", f"export API_KEY={MASK} run"),
        ("postgres://app:hunter2@db:5432/app", f"postgres://app:{MASK}@db:5432/app"),
    ],
)
def test_secrets_in_the_middle_of_a_text(text: str, shown: str) -> None:
    assert "hunter2" not in shown
    result = concealed(container(args=["-c", text]))["spec"]["containers"][0]["args"][1]
    assert result.replace(";", "") == shown.replace(";", "")


@pytest.mark.parametrize(
    "text", ["http://token-service:8080/v1", "no secrets here", "token", "the password is in a Secret", "80:8080"]
)
def test_what_only_talks_of_secrets_stays(text: str) -> None:
    assert concealed(container(args=[text])) == container(args=[text])


def test_an_image_stays_whatever_it_is_called() -> None:
    assert concealed(container(image="shop/secret-store:1.2")) == container(image="shop/secret-store:1.2")


def test_the_argument_after_a_secret_flag_is_hidden() -> None:
    args = ["--user", "app", "--password", "hunter2", "--token", "--verbose"]
    assert concealed(container(args=args)) == container(
        args=["--user", "app", "--password", MASK, "--token", "--verbose"]
    )


def test_references_and_numbers_stay() -> None:
    reference = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-secret", "key": "password"}}}
    pod = {"volumes": [{"name": "v", "secret": {"secretName": "tls-key"}}], "hostNetwork": False, "priority": 3}
    assert concealed({"env": [reference], **pod}) == {"env": [reference], **pod}


def test_what_is_called_a_secret_is_one_wherever_a_name_is_free() -> None:
    template = {
        "metadata": {"annotations": {"vendor.io/token": "hunter2", "team": "shop"}, "labels": {"api-key": "hunter2"}},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "env": [{"name": "MYSQL_PWD", "value": "hunter2"}, {"name": "Db", "value": "Password=hunter2;x=1"}],
                    "args": ["--db-pass", "hunter2", "curl", "-u", "me:hunter2"],
                    "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "hunter2"}]}},
                }
            ],
            "volumes": [{"name": "v", "csi": {"volumeAttributes": {"password": "hunter2", "secretName": "db"}}}],
        },
    }
    shown = concealed(template)
    assert "hunter2" not in str(shown)
    assert shown["metadata"]["annotations"]["team"] == "shop"
    assert shown["spec"]["volumes"][0]["csi"]["volumeAttributes"]["secretName"] == "db"
    assert shown["spec"]["containers"][0]["args"] == ["--db-pass", MASK, "curl", "-u", f"me:{MASK}"]


def test_an_argument_more_does_not_make_others_of_the_secrets_behind_it() -> None:
    masks = Masks()
    masks.conceal({"args": ["--db-pass", "one", "--token=two"]})
    shown = masks.conceal({"args": ["--fast", "--db-pass", "one", "--token=three"]})
    assert shown == {"args": ["--fast", "--db-pass", MASK, f"--token={MASK} (another value)"]}

"""What looks like a secret, and what does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.redaction import MASK, is_secret_variable, is_telling, redact, redact_words

SECRET = "hunter2-S3cr3t"


@pytest.mark.parametrize(
    "text",
    [
        "MYSQL_PWD={}",
        "DB_PASS: {}",
        "spring.datasource.password={}",
        "dbPassword={} ready",
        '{{"password": "{}", "user": "app"}}',
        "{{'client_secret': '{}'}}",
        '[{{"name":"DB_KEY","value":"{}"}}]',
        "export API_KEY='{}'; run",
        "--db-pass {} --verbose",
        "run --token={}&x",
        "curl -u admin:{} https://x",
        "curl --proxy-user=me:{} x",
        "curl -uadmin:{} x",
        "curl -H 'Authorization: Bearer {}' x",
        "Authorization: ApiKey {}",
        "proxy-authorization={}",
        "Bearer {} was refused",
        "X-Api-Key: {}",
        "Cookie: sid={}; path=/",
        "postgres://app:{}@db:5432/app",
        "redis://:{}@redis:6379/0",
        "amqp://me@corp:{}@mq/",
        "app:{}@tcp(db:3306)/app",
        "Server=tcp:x,1433;User ID=sa;Password={};Encrypt=True",
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}==;EndpointSuffix=core.windows.net",
        "Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey={}",
        "https://x.blob/a?sv=1&sig={}&se=2",
        "mysql -h db -u root -p{} app",
        "sshpass -p {} ssh x",
        "redis-cli -h r -a {} ping",
        "ldapsearch -x -D cn=a -w {}",
        "openssl rsa -passin pass:{}",
        "aws_secret_access_key = {}",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n{}\n-----END RSA PRIVATE KEY-----",
        "cut off: -----BEGIN OPENSSH PRIVATE KEY-----\n{}",
        "https://hooks.slack.com/services/T0/B0/{}",
        "{{'kubernetes.io/change-cause': 'deployed with token={}', 'x': 'y'}}",
        "url=https://x.example/cb?state=1?token={}",
        '{{"note": "password=••• token={}"}}',
    ],
)
def test_a_secret_is_found_by_what_stands_before_it(text: str) -> None:
    shown = redact(text.format(SECRET))
    assert "hunter2" not in shown
    assert "S3cr3t" not in shown
    assert MASK in shown
    assert shown.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "token",
    [
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0abcdefghijkl_mnop",
        "glpat-abcdefghij0123456789",
        "xoxb-123456789012-abcdefghij",
        "sk-ant-api03-abcdefghij1234567890",
        "sk_live_abcdefghij1234567890",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "hvs.CAESIabcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
        "bXkgc2VjcmV0IHRleHQgdGhhdCBpcyBsb25nIGVub3VnaCE=",
        "npm_abcdefghijklmnopqrstuvwxyz0123456789",
        "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    ],
)
@pytest.mark.parametrize("around", ["{}", "got {} from it", "value={}", '"{}",', "({})"])
def test_a_token_is_found_by_its_own_look(token: str, around: str) -> None:
    shown = redact(around.format(token))
    assert token not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        "http://token-service:8080/v1",
        "the password is in a Secret",
        "Basic authentication failed",
        "key=user:42 hit in 3ms",
        "max_tokens=512 token_ttl=3600 token-file=/var/run/token",
        "bypass=true compass=3 keyboard=de",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "commit 4923ba8d3f1c0a9e8b7d6c5f4e3d2c1b0a9f8e7d",
        "http://host:8080/a@2x.png",
        "docker run --user 1000:1000 -p 8080",
        "registry.example:5000/shop/cart:5.0",
        "2026-11-28T16:32:20.123456789Z INFO started in 4.2 s",
        "at com.example.shop.cart.CheckoutServiceImpl.process(CheckoutServiceImpl.java:123)",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_talks_of_secrets_stays(text: str) -> None:
    assert redact(text) == text


def test_arguments_are_read_together() -> None:
    words = ["curl", "-u", "me:hunter2", "--db-pass", "hunter2", "--token", "--verbose", "-p", "8080"]
    shown = ["curl", "-u", f"me:{MASK}", "--db-pass", MASK, "--token", "--verbose", "-p", "8080"]
    assert redact_words(words) == shown
    assert redact_words(["sh", "-c", "mysql -u root -phunter2 x"]) == ["sh", "-c", f"mysql -u root -p{MASK} x"]
    assert redact_words(["mysql", "-p", "hunter2"]) == ["mysql", "-p", MASK]
    assert redact_words([]) == []


@pytest.mark.parametrize(
    ("name", "tells"),
    [
        ("vendor.io/token", True),
        ("MYSQL_PWD", True),
        ("dbPass", True),
        ("storage-account-key", True),
        ("secret-name", False),
        ("app.kubernetes.io/name", False),
        ("cache-key", False),
        ("passenger", False),
        ("", False),
    ],
)
def test_names_that_tell(name: str, tells: bool) -> None:
    assert is_telling(name) is tells


@pytest.mark.parametrize(
    "name", ["MYSQL_PWD", "ConnectionStrings__Db", "RAILS_MASTER_KEY", "SLACK_WEBHOOK", "X-Api-Key"]
)
def test_variables_that_tell(name: str) -> None:
    assert is_secret_variable(name)
    assert not is_secret_variable("LOG_LEVEL")


@given(st.text())
def test_redacting_twice_changes_nothing_and_no_line_goes(text: str) -> None:
    shown = redact(text)
    assert redact(shown) == shown
    assert shown.count("\n") == text.count("\n")


@given(st.lists(st.text()))
def test_there_are_as_many_words_as_before(words: list[str]) -> None:
    assert len(redact_words(words)) == len(words)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a=b;",
        "a=",
        "a: '",
        "a=\"b='",
        "://a:",
        "mysql -",
        "A1a/",
        "eyJ",
        "-u a:",
        '"',
        "password='",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_a_text_that_was_made_to_be_slow_is_not(piece: str) -> None:
    # Where it were searched in square time, this would take minutes.
    assert isinstance(redact(piece * (60_000 // len(piece))), str)


def test_what_is_hidden_is_for_the_caller_to_say() -> None:
    def hide(before: str, secret: str) -> str:
        return f"<{before}|{len(secret)}>"

    shown: Callable[[str], str] = lambda text: redact(text, hide)  # noqa: E731
    assert shown("token=abc") == "token=<token=|3>"

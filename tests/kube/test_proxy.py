from __future__ import annotations

import pytest
from yarl import URL

from ktui.kube.auth.proxy import proxy_for
from ktui.kube.errors import ConfigError

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("server", "no_proxy", "direct"),
    [
        ("https://api.example", "", False),
        ("https://api.example", "*", True),
        ("https://api.example", "example", True),
        ("https://api.example", ".example", True),
        ("https://api.example", "*.example", True),
        ("https://example", ".example", False),
        ("https://api.example", "other, API.example ", True),
        ("https://notexample", "example", False),
        ("https://10.1.2.3:6443", "10.0.0.0/8", True),
        ("https://11.1.2.3:6443", "10.0.0.0/8", False),
        ("https://10.1.2.3:6443", "10.1.2.3", True),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", True),
        ("https://10.1.2.3:6443", "10.1.2.3:443", False),
        ("https://[fd00::5]:6443", "fd00::/8", True),
        ("https://[fd00::5]:6443", "[fd00::5]:6443", True),
        ("https://api.example", "10.0.0.0/8,,not/a/range", False),
        ("https://localhost:6443", "", True),
        ("https://127.0.0.1:6443", "", True),
        ("https://[::1]:6443", "", True),
    ],
)
def test_what_no_proxy_excludes(server: str, no_proxy: str, direct: bool) -> None:
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert proxy_for(URL(server), "", environ) == (None if direct else URL(PROXY))


def test_the_scheme_of_the_server_chooses_the_variable() -> None:
    environ = {"https_proxy": "secure.example:1", "HTTP_PROXY": "http://plain.example:2"}
    assert proxy_for(URL("https://api.example"), "", environ) == URL("http://secure.example:1")
    assert proxy_for(URL("http://api.example"), "", environ) == URL("http://plain.example:2")
    assert proxy_for(URL("http://api.example"), "", {}) is None


def test_the_proxy_of_the_kubeconfig_counts_whatever_the_environment_says() -> None:
    environ = {"HTTPS_PROXY": "http://other:1", "NO_PROXY": "*"}
    assert proxy_for(URL("https://127.0.0.1"), PROXY, environ) == URL(PROXY)


@pytest.mark.parametrize(
    "proxy", ["socks4://me:hunter2@proxy:1080", "http://", "proxy:port:more", "http://me:hunter2@a:99999"]
)
def test_a_proxy_that_cannot_be_used_is_said_to_be_so(proxy: str) -> None:
    with pytest.raises(ConfigError) as raised:
        proxy_for(URL("https://api.example"), proxy, {})
    assert "cannot be used" in str(raised.value)
    assert "hunter2" not in str(raised.value)

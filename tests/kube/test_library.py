from __future__ import annotations

import subprocess
import sys

COUNT = "import sys; loaded = [m for m in sys.modules if m.startswith('kubernetes_asyncio')]"


def in_a_new_process(code: str) -> str:
    run = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def test_it_is_imported_without_models_and_leaves_no_trace() -> None:
    code = (
        "from ktui.kube.auth.library import oidc_library as load; it = load();"
        f"{COUNT}; print(it.OpenIDRequestor.__name__, it.ConfigException.__name__, loaded)"
    )
    assert in_a_new_process(code) == "OpenIDRequestor ConfigException []"


def test_whoever_else_imports_it_gets_all_of_it() -> None:
    code = (
        "from ktui.kube.auth.library import oidc_library as load; load();"
        "import kubernetes_asyncio.client as c; print(c.V1Pod().kind, c.ApiClient.__name__)"
    )
    assert in_a_new_process(code) == "None ApiClient"


def test_where_it_is_loaded_already_it_is_taken_as_it_is() -> None:
    code = (
        "import kubernetes_asyncio.config.openid as k;"
        "from ktui.kube.auth.library import oidc_library as load;"
        "print(load().OpenIDRequestor is k.OpenIDRequestor)"
    )
    assert in_a_new_process(code) == "True"


def test_connecting_is_what_imports_it() -> None:
    code = f"import ktui.kube.connection, ktui.kube.streams.streams, ktui.kube.api; {COUNT}; print(loaded)"
    assert in_a_new_process(code) == "[]"

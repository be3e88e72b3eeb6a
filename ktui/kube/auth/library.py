"""The OIDC part of kubernetes-asyncio, without its 800 model modules.

`import kubernetes_asyncio.config` runs the package's own `__init__`, which imports every model and API class: 0.15 to
0.25 s and 38 MB, measured over aiohttp, of which ktui uses nothing (its budget is 120 MB with 10,000 pods). The
requestor of OIDC tokens needs none of them. So it is loaded with empty packages in place of the two `__init__`s, and
`sys.modules` is left as it was, so that anyone else who imports kubernetes_asyncio gets all of it. Should a release of
the library need more than that, it is imported whole.
"""

from __future__ import annotations

import importlib
import logging
import sys
from functools import cache
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

_ROOT = "kubernetes_asyncio"


@cache
def oidc_library() -> Any:
    """The library's `OpenIDRequestor` and `ConfigException`. Best called from a thread, after the first frame."""
    # What it logs may hold a secret, and Python's handler of last resort would print that over the screen. What went
    # wrong is known by the exception.
    logger = logging.getLogger(_ROOT)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    if f"{_ROOT}.config" in sys.modules:
        return _names()
    try:
        return _without_models()
    except (ImportError, AttributeError):
        return _names()


def _names() -> Any:
    def module(name: str) -> ModuleType:
        return importlib.import_module(f"{_ROOT}.{name}")

    return SimpleNamespace(
        OpenIDRequestor=module("config.openid").OpenIDRequestor,
        ConfigException=module("config.config_exception").ConfigException,
    )


def _without_models() -> Any:
    spec = find_spec(_ROOT)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(_ROOT)
    root = spec.submodule_search_locations[0]
    before = {name for name in sys.modules if name.split(".")[0] == _ROOT}
    try:
        for package in ("", ".config"):
            empty = ModuleType(_ROOT + package)
            empty.__path__ = [root + package.replace(".", "/")]
            sys.modules[_ROOT + package] = empty
        return _names()
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == _ROOT and name not in before]:
            del sys.modules[name]

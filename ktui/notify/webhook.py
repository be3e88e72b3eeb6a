"""The webhook that announcements are posted to. Its address is a secret: nothing here ever says it.

No error of the library is repeated, for those have the address in them, and no redirect is followed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from yarl import URL

from ktui import own_files
from ktui.kube.auth.proxy import connector_for, proxy_for
from ktui.kube.errors import KubeError
from ktui.kube.http import aiohttp
from ktui.notify.command import DeliveryError
from ktui.notify.preferences import Webhook

_WAITS: Final = (1.0, 5.0)
"""Seconds before the second attempt, and before the third, which is the last."""
_LONGEST_WAIT: Final = 30.0
"""Seconds that a server may ask to be left alone."""
_AGAIN: Final = (429, 502, 503, 504)
"""Answers that mean: not now. After any other failure it is not known whether the message was taken."""
_LARGEST: Final = 8192
"""Bytes of a file with an address."""


def read_address(webhook: Webhook, environ: Mapping[str, str]) -> URL:
    """The address. Raises DeliveryError with a sentence that does not say it."""
    if webhook.address_file:
        path = Path(webhook.address_file).expanduser()
        try:
            text = own_files.read(path, _LARGEST).decode("utf-8")
        except UnicodeDecodeError:
            raise DeliveryError(f"There is no address of a webhook in {webhook.place}.") from None
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "there is no home folder"
            raise DeliveryError(f"The address of the webhook cannot be read from {webhook.place}: {reason}.") from None
    else:
        text = environ.get(webhook.address_env, "")
    try:
        url = URL(text.strip())
        is_address = url.scheme in ("http", "https") and bool(url.host) and url.port is not None
    except ValueError:
        is_address = False
    if not is_address:
        raise DeliveryError(f"There is no address of a webhook in {webhook.place}: it begins with https://.")
    return url


async def post(webhook: Webhook, body: Mapping[str, Any], timeout: float) -> None:
    """Post it, again up to two times while the server is not reached or says: not now. Raises DeliveryError."""
    url = await asyncio.to_thread(read_address, webhook, os.environ)
    try:
        connector, proxy = connector_for(proxy_for(url, "", os.environ))
    except KubeError as error:
        raise DeliveryError(f"The webhook is not called: {error}") from None
    data, headers = msgspec.json.encode(body), {"Content-Type": "application/json", "User-Agent": "ktui"}
    longest = aiohttp.ClientTimeout(total=timeout)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        for wait in (*_WAITS, None):
            asked = 0.0
            try:
                async with session.post(
                    url, data=data, headers=headers, proxy=proxy, allow_redirects=False, timeout=longest
                ) as answer:
                    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                        return
                    failure = f"it answers {answer.status}"
                    again, asked = answer.status in _AGAIN, _seconds(answer.headers.get("Retry-After", ""))
            except aiohttp.ClientConnectorCertificateError:
                failure, again = "its certificate is not trusted", False
            except aiohttp.ClientConnectorError:
                failure, again = "it cannot be reached", True
            except TimeoutError:
                failure, again = f"it has not answered for {timeout:g}s", False
            except (aiohttp.ClientError, OSError, ValueError):
                failure, again = "the connection broke", False
            if not again or wait is None:
                break
            await asyncio.sleep(max(wait, asked))
    raise DeliveryError(f"The webhook did not take a notification: {failure}.")


def _seconds(text: str) -> float:
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0

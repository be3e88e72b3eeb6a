"""The lines of a made-up program: how it starts, serves, waits, crashes and stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
Timed = Iterator[tuple[float, str]]

_METHODS = ("GET", "GET", "GET", "GET", "POST", "GET", "PUT", "GET")
_PATHS = ("/cart", "/items", "/orders", "/search", "/account", "/prices", "/stock", "/reviews")


class Teller:
    """Speaks for one run of a container. What it says follows from the seed alone."""

    def __init__(self, pod: JSON, image: str, seed: int) -> None:
        metadata = pod["metadata"]
        self._pod = metadata["name"]
        self._app = image.rpartition("/")[2].partition(":")[0].partition("@")[0] or "app"
        self._version = image.rpartition("/")[2].partition(":")[2].partition("@")[0] or "latest"
        self._namespace = metadata.get("namespace", "default")
        self._seed = seed

    def _chance(self, index: int) -> int:
        """A number of 32 bits for each index, well mixed."""
        mixed = (self._seed * 0x9E3779B1 + index * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
        mixed = ((mixed ^ mixed >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
        return mixed ^ mixed >> 12

    # -- the beginning -------------------------------------------------------------------------------------------

    def begins(self, ready_after: float | None) -> Timed:
        """Start up; without a time for it, never come as far as to listen."""
        yield 0.002, f"INFO  starting {self._app} {self._version} (pid 1) on {self._pod}"
        yield 0.006, f"INFO  configuration read from /etc/{self._app}/config.yaml"
        if ready_after is not None:
            yield ready_after * 0.6, f"INFO  connected to {self._app}-db.{self._namespace}.svc:5432, schema 42"
            yield ready_after, "INFO  listening on :8080"

    def waits(self, seconds: float) -> Timed:
        """Start up slowly, and say what it waits for."""
        yield from self.begins(None)
        cache, after, attempt = f"{self._app}-cache.{self._namespace}.svc:6379", 0.5, 1
        while after < seconds - 0.5:
            yield after, f"WARN  waiting for {cache}: {int(after / seconds * 100)} % of 4.2 GiB loaded (look {attempt})"
            after, attempt = after + 2.0, attempt + 1
        yield max(seconds - 0.2, 0.1), f"INFO  connected to {cache}"
        yield seconds, "INFO  listening on :8080"

    def prepares(self) -> Timed:
        """An init container at work."""
        yield 0.002, f"INFO  {self._app} {self._version}: schema 41 found, 42 wanted"
        yield 0.2, "INFO  migrating 41 to 42: adding index orders_by_day"

    def proxies(self) -> Timed:
        """A sidecar that comes up."""
        yield 0.002, f"INFO  {self._app} {self._version} starting"
        yield 0.08, "INFO  listeners on :15001 (outbound) and :15006 (inbound)"

    # -- as long as it runs ----------------------------------------------------------------------------------------

    def request(self, index: int) -> str:
        """One request served."""
        chance = self._chance(index)
        path, method = _PATHS[chance >> 3 & 7], _METHODS[chance & 7]
        took, number = 2 + (chance >> 8) % 40, (chance >> 6) % 9000 + 1000
        if chance % 211 == 0:
            return f"WARN  slow query on {path[1:]}: {took * 31} ms trace={chance:08x}"
        status = 404 if chance % 53 == 0 else 201 if method == "POST" else 200
        return f"INFO  {method} {path}/{number} {status} {took} ms trace={chance:08x}"

    def proxied(self, index: int) -> str:
        """What a sidecar tells now and then."""
        chance = self._chance(index)
        return f"INFO  {chance % 400 + 20} connections, {chance % 7} retries in the last 10 s"

    def is_unready(self, index: int) -> str:
        """A readiness probe that it has to fail."""
        return f"ERROR GET /ready 503: {self._app}-db.{self._namespace}.svc:5432 refuses connections (look {index + 1})"

    def grows(self, index: int) -> str:
        """A program on its way out of memory."""
        if index % 4 == 3:
            return f"WARN  heap {90 + index} MiB after collection, {index * 1200 + 900} sessions kept"
        return self.request(index)

    def works(self, index: int) -> str:
        """A program that works something off and ends."""
        return f"INFO  batch {index + 1}: {self._chance(index) % 400 + 100} records written"

    # -- the end -----------------------------------------------------------------------------------------------------

    def stops(self) -> Iterator[str]:
        """Asked to stop, in order."""
        yield "INFO  SIGTERM received: no new connections, finishing open requests"

    def completes(self) -> Iterator[str]:
        """Done."""
        yield "INFO  done, nothing left to do"

    def prepared(self) -> Iterator[str]:
        """An init container that is through."""
        yield "INFO  schema is at 42"

    def crashes(self, code: int) -> Iterator[str]:
        """Last words, in one of three languages."""
        key = f"{self._app.upper().replace('-', '_')}_DATABASE_URL"
        match sum(self._app.encode()) % 3:
            case 0:
                yield from self._python(key)
            case 1:
                yield from self._java(key)
            case _:
                yield from self._go(key)
        yield f"FATAL exiting with code {code}"

    def _python(self, key: str) -> Iterator[str]:
        yield "ERROR cannot start"
        yield "Traceback (most recent call last):"
        yield f'  File "/app/{self._app}/__main__.py", line 41, in <module>'
        yield "    main()"
        yield f'  File "/app/{self._app}/settings.py", line 17, in load'
        yield f'    return Settings(database=environ["{key}"])'
        yield '  File "<frozen os>", line 685, in __getitem__'
        yield f"KeyError: '{key}'"

    def _java(self, key: str) -> Iterator[str]:
        package = f"com.example.{self._app.replace('-', '')}"
        yield "ERROR application failed to start"
        yield f'Exception in thread "main" java.lang.IllegalStateException: {key} is not set'
        yield f"\tat {package}.Settings.required(Settings.java:58)"
        yield f"\tat {package}.Settings.load(Settings.java:31)"
        yield f"\tat {package}.Application.main(Application.java:19)"

    def _go(self, key: str) -> Iterator[str]:
        yield f"ERROR {key} is not set"
        yield "panic: runtime error: invalid memory address or nil pointer dereference"
        yield "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2a31]"
        yield ""
        yield "goroutine 1 [running]:"
        yield "main.(*store).open(0x0)"
        yield f"\t/src/{self._app}/store.go:52 +0x1f"
        yield "main.main()"
        yield f"\t/src/{self._app}/main.go:37 +0x2b4"

"""How ktui is set up: flags > KTUI_* environment > config.toml > defaults; and where its own files are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import platformdirs

from ktui import own_files, signs
from ktui.text import exact

if TYPE_CHECKING:
    from ktui.notify.preferences import Preferences
    from ktui.plans.guardrails import Rules

_ENVIRONMENT: Final = "KTUI_"
_WORDS: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_ECHO: Final = 80
_LONGEST: Final = 1e9
"""Seconds, some thirty years: what is longer was not meant, and no timer takes it."""
_NAMESPACE: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)."""
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")

_ONLY_IN_FILE: Final = ("rules", "notify", "keys", "filters")
"""Settings that are more than a word, so that no variable and no flag has them."""

_LARGEST: Final = 1 << 20
"""Bytes of a config.toml that are read."""


class SettingsError(Exception):
    """A setting that cannot be used, in one sentence; `hint` says what to do."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. Each is a key of config.toml and, as KTUI_ and its name in capitals, a variable."""

    kubeconfig: str | None = None
    """Path of the kubeconfig; None is where kubectl looks: KUBECONFIG, else ~/.kube/config, else the pod's own."""
    context: str = ""
    """The kubeconfig's context; empty is its current one."""
    namespace: str = ""
    """The namespace; empty is the context's for commands, and all of them for the dashboard."""
    all_namespaces: bool = False
    """All namespaces, whatever `namespace` says."""
    selector: str = ""
    """Label selector: only Deployments that it matches."""
    as_user: str = ""
    """Act as that user."""
    as_groups: tuple[str, ...] = ()
    """Act as a member of these groups; in the environment, separated by commas."""
    request_timeout: str = "0"
    """How long a single request may take: `10s`, `1m30s`, or a number of seconds; 0 is without limit."""
    read_only: bool = False
    """Nothing can be changed: every action is closed."""
    theme: str = ""
    """The dashboard's theme, by Textual's name for it; empty is the default one."""
    glyphs: str = "auto"
    """The signs that are drawn: `unicode`, `ascii`, or what suits the terminal (`auto`)."""
    history: bool = True
    """Whether ktui remembers the rollouts that it saw, for its figures (docs/report.md)."""
    columns: tuple[str, ...] = ()
    """The columns of the overview, in their order; empty is all of them."""
    sort: str = ""
    """The order of the overview; empty is the one that was chosen last, at first the worst rollouts before others."""
    rules: tuple[dict[str, Any], ...] = ()
    """The guardrails as config.toml has them; `guardrails` reads them. No variable has them."""
    notify: dict[str, Any] = {}
    """The notifications as config.toml has them; `notifications` reads them. No variable has them."""
    keys: dict[str, str | tuple[str, ...]] = {}
    """Own keys for the dashboard, by what they do (`ktui.tui.own_keys`). No variable has them."""
    filters: dict[str, str] = {}
    """Filters of the overview by name: `@name` stands for the words. No variable has them."""

    @property
    def timeout(self) -> float | None:
        """`request_timeout` in seconds; None without limit."""
        return seconds(self.request_timeout) or None

    @property
    def guardrails(self) -> Rules:
        """The rules that forbid actions. Raises SettingsError for one that cannot be used."""
        # Most calls have none, or do nothing that a rule could forbid.
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        from ktui.plans.guardrails import read_rules  # noqa: PLC0415

        try:
            return read_rules(self.rules, ZoneInfo)
        except ValueError as error:
            hint = "`ktui config check` explains the rules. Until it is corrected, ktui does nothing."
            raise SettingsError(f"The guardrails in config.toml cannot be used: {error}.", hint) from None

    @property
    def notifications(self) -> Preferences:
        """Which rollouts are announced, and how. Raises SettingsError for what cannot be used."""
        from ktui.notify.preferences import read_preferences  # noqa: PLC0415 - most commands announce nothing

        try:
            return read_preferences(self.notify, seconds)
        except ValueError as error:
            hint = "`ktui config check` explains them; docs/configuration.md has all keys."
            raise SettingsError(f"The notifications in config.toml cannot be used: {error}.", hint) from None


def load(flags: Mapping[str, Any], environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """Put the settings together. `flags` holds those that were given.

    Raises SettingsError for a key that does not exist or a value that does not fit, wherever it stands.
    """
    path = config or config_file()
    merged: dict[str, Any] = {}
    given = {name: value for name, value in flags.items() if value is not None}
    for where, values in (
        (str(path), _from_file(path) if path is not None else {}),
        ("the environment", _from_environment(environ)),
        ("the command", given),
    ):
        # A namespace that is named nearer to the command than `all_namespaces` means what it says.
        nearer = {"all_namespaces": False} if values.get("namespace") else {}
        merged |= nearer | _checked(values, where)
    settings = msgspec.convert(merged, Settings)
    if settings.glyphs not in signs.SETS:
        raise SettingsError(f"There are no glyphs {_quoted(settings.glyphs)}.", f"Available: {', '.join(signs.SETS)}.")
    try:
        seconds(settings.request_timeout)
    except ValueError as error:
        raise SettingsError(f"The request timeout is not a length of time: {error}.", "Write 10s, or 1m30s.") from None
    if settings.rules:
        _ = settings.guardrails
    if settings.notify:
        _ = settings.notifications
    return settings


def config_file() -> Path | None:
    """config.toml, in the user's configuration folder; None where there is no such folder, nor any of the others."""
    folder = _user_folder(platformdirs.user_config_path)
    return folder / "config.toml" if folder is not None else None


def state_folder() -> Path | None:
    """Where the audit log and the crash log are."""
    return _user_folder(platformdirs.user_state_path)


def audit_file() -> Path | None:
    """The audit log."""
    return _in_state("audit.jsonl")


def figures_folder() -> Path | None:
    """Where the histories of rollouts are, a file for each context."""
    return _in_state("figures")


def logs_folder() -> Path | None:
    """Where logs of containers are saved."""
    return _in_state("logs")


def crash_file() -> Path | None:
    """Where the traceback of a bug is written."""
    return _in_state("crash.log")


def _in_state(name: str) -> Path | None:
    folder = state_folder()
    return folder / name if folder is not None else None


def _user_folder(find: Callable[[str], Path]) -> Path | None:
    try:
        folder = find("ktui")
    except RuntimeError:
        return None
    # Other releases of platformdirs return the `~` that nobody could resolve.
    return folder if folder.is_absolute() else None


def seconds(text: str) -> float:
    """A length of time as kubectl takes it: `10s`, `1m30s`, `500ms`, or a plain number of seconds.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        parts = [(text, "s")]
    else:
        parts = _DURATION.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(_quoted(text))
    length = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if length > _LONGEST:
        raise ValueError(f"{_quoted(text)} (more than thirty years)")
    return length


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = own_files.read(path, _LARGEST).decode("utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        hint = "Move it away, or correct it; without a file the defaults hold."
        raise SettingsError(f"The settings in {path} cannot be read: {error.strerror}.", hint) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings in {path} are not valid TOML: {error}.") from None
    # Few have such a file, and what reads it takes as long to import as all of ktui's settings.
    import tomllib  # noqa: PLC0415

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SettingsError(f"The settings in {path} are nested too deep to be read.") from None
    except ValueError as error:
        raise SettingsError(f"The settings in {path} are not valid TOML: {error}.") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The variables that are settings; one that is empty counts as not set."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        variable = _ENVIRONMENT + field.name.upper()
        text = environ.get(variable, "")
        if not text or field.name in _ONLY_IN_FILE:
            continue
        found[field.name] = _parsed(variable, text, field.type)
    return found


def _parsed(variable: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in _WORDS:
            raise SettingsError(f"{variable} is {_quoted(text)}, which is neither yes nor no.", "Write true or false.")
        return _WORDS[text.lower()]
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _checked(values: dict[str, Any], where: str) -> dict[str, Any]:
    known = [field.name for field in msgspec.structs.fields(Settings)]
    for name in values:
        if name not in known:
            raise SettingsError(f"There is no setting {_quoted(name)} (in {where}).", f"Available: {', '.join(known)}.")
    try:
        msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        raise SettingsError(f'The setting "{place.rstrip("`")}" in {where} does not fit: {what}.') from None
    for name, value in values.items():
        for text in value if isinstance(value, list | tuple) else [value]:
            # A path may consist of any bytes; all else is sent to a server, or is a name that is looked up.
            if isinstance(text, str) and name != "kubeconfig" and not _can_be_sent(text):
                words = f'The setting "{name}" in {where} has control characters: {_quoted(text)}.'
                raise SettingsError(words)
    namespace = values.get("namespace")
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise SettingsError(
            f"No namespace can be called {_quoted(namespace)}.",
            "A name has up to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
        )
    return values


def _can_be_sent(text: str) -> bool:
    return not any(
        ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in text
    )


def _quoted(text: str) -> str:
    """A value as a sentence repeats it: what cannot be seen is, and it is not endless."""
    return f'"{exact(text[:_LONGEST_ECHO])}{"…" if len(text) > _LONGEST_ECHO else ""}"'

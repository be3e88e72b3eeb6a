"""What looks like a secret in a text: by the name before it, by its own shape, by the argument that it follows.

It is a guess, and errs on the side of hiding. One table for everything that is shown beyond the terminal of anyone who
owns it: differences between templates, the last lines of a log in a pipeline's report, what a login plugin said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

MASK: Final = "•••"

Hide = Callable[[str, str], str]
"""What to show for a secret (the second argument) behind what stands before it (the first)."""

_SPLIT: Final = re.compile(r"[_.\-/\s]+|(?<=[a-z0-9])(?=[A-Z])")
_TELLING: Final = re.compile(
    "(?:password|passwd|passwort|passphrase|passcode|pass|pwd|pw|secret|token|jwt|credentials?|creds?|authorization|auth"
    "|bearer|cookie|dsn|apikey|accesskey|accountkey|sharedkey|sharedaccesskey|secretkey|privatekey|signingkey|masterkey"
    "|encryptionkey|authkey|authtoken|accesstoken|signature|sig|otp|webhook)"
)
_KEY_OF: Final = re.compile(
    "(?:api|access|account|shared|secret|private|signing|master|encryption|auth|app|application|service|storage|license"
    "|ssh|rsa|aes|hmac|sas|client|session|crypto|cipher|write|admin|root|db|user|pass)"
)
"""What makes a `key` one that opens something, and not one of a map."""
_ABOUT: Final = re.compile(
    "(?:file|path|dir|name|ref|namespace|length|policy|ttl|expiry|expiration|expires|timeout|type|url|uri|endpoint"
    "|enabled|count|limit|size|mount|issuer|service|provider|algorithm|method|mode|version|format|header|field|rotation)"
)
"""What follows is about the secret, and is not it: `token-file`, `password_policy`."""
_SCHEMES: Final = frozenset(("bearer", "basic", "digest", "negotiate", "token", "apikey"))
_RUN_TOGETHER: Final = re.compile(
    r"(?:passw(?:or)?d|secret|token|apikey|accountkey|passphrase|credentials?)$", re.IGNORECASE
)

_IN_VARIABLE: Final = re.compile(
    r"PASS|PWD|TOKEN|SECRET|KEY|CRED|AUTH|DSN|CERT|JWT|COOKIE|SESSION|SALT|SIGN|PRIVATE|WEBHOOK|CONN.*STR|_PW$|^PW$",
    re.IGNORECASE,
)


def is_telling(name: str) -> bool:
    """Whether what is called that is likely to be a secret: `db-pass`, `MYSQL_PWD`, `AccountKey`, `vendor.io/token`."""
    words = [word.lower() for word in _SPLIT.split(name.strip("-")) if word]
    if not words or (len(words) > 1 and _ABOUT.fullmatch(words[-1])):
        return False
    if any(_TELLING.fullmatch(word) for word in words) or _RUN_TOGETHER.search(words[-1]):
        return True
    return any(second == "key" and _KEY_OF.fullmatch(first) for first, second in pairwise(words))


def is_secret_variable(name: str) -> bool:
    """The same for an environment variable or a header, whose plain value costs nothing to hide."""
    return bool(_IN_VARIABLE.search(name))


# Nothing in these is repeated without a bound before what tells: a text that was made to be slow to search is not.
# The first group is what stands before a secret, the second is the secret.
_QUOTED: Final = r""""[^"\x1f]*"|'[^'\x1f]*'"""
_NAMED: Final = re.compile(
    rf"""(?<![\w.-])((-{{0,2}}[A-Za-z_][\w.-]{{0,60}})["']?\s{{0,8}}(?:=|:(?!\d{{1,5}}\b|//))\s{{0,8}})"""
    rf"""({_QUOTED}|(?:(?![;&,]\s?[\w.-]{{1,60}}\s?[=:])[^\s"'])+)"""
)
_FLAG: Final = re.compile(rf"""(?<![\w.-])((--?[A-Za-z][\w.-]{{0,60}})\s{{1,8}})({_QUOTED}|[^\s"'-][^\s"']*)""")

_PREFIXED: Final = (
    r"gh[opusr]_\w{16,}", r"github_pat_\w{20,}", r"gl[a-z]{2,6}-[\w-]{16,}", r"glsa_\w{16,}", r"xox[a-z]-[\w-]{8,}",
    r"xapp-[\w-]{8,}", r"sk-[\w-]{16,}", r"[rs]k_(?:live|test)_\w{8,}", r"whsec_\w{8,}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}",
    r"AIza[\w-]{30,}", r"ya29\.[\w-]{16,}", r"GOCSPX-[\w-]{16,}", r"npm_\w{30,}", r"pypi-[\w-]{30,}",
    r"hv[sbr]\.[\w-]{20,}",
    r"do[opr]_v1_\w{30,}", r"SG\.[\w-]{16,}\.[\w-]{16,}", r"shp(?:at|ss|pa|ca)_\w{20,}", r"dckr_pat_[\w-]{16,}",
    r"sq0[a-z]{3}-[\w-]{16,}", r"AGE-SECRET-KEY-1\w{20,}", r"hf_\w{24,}", r"tskey-[\w-]{12,}", r"NRAK-\w{20,}",
    r"xkeysib-[\w-]{20,}", r"dapi[0-9a-f]{32}", r"\d{8,10}:[\w-]{35}", r"eyJ[\w+/=-]{10,}(?:\.[\w-]{0,4096}){0,4}",
)  # fmt: skip
"""Tokens that say whose they are: GitHub, GitLab, Slack, OpenAI, Stripe, AWS, Google, Vault and others; JWTs."""

_SHAPES: Final = (
    # A private key, with or without its end.
    r"()(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END)[\s\S])*(?:-----END[A-Z0-9 ]{0,60}-----)?)",
    # Credentials in a URL, and in the data source names of Go's MySQL driver.
    r"""(://[^\s/:"']{0,100}:)(?!\d{1,5}[/?#])([^\s@"']{1,300}(?:@[^\s@"'/]{1,100}(?=@))?)(?=@)""",
    r"""(\b[\w.-]{1,64}:)([^\s@:/"']{1,100})(?=@(?:tcp|unix)\()""",
    r"()(?<=hooks\.slack\.com/services/)([\w/-]{8,})",
    r"((?:discord|discordapp)\.com/api/webhooks/\d{1,30}/)([\w-]{8,})",
    r"""((?i:authorization)["']?\s{0,4}[:=]\s{0,4}["']?(?:[A-Za-z][\w-]{1,20}\s{1,4})?)([^\s"',;]{1,9999})""",
    # Schemes of HTTP authentication; words of plain English after them are none.
    r"(\b(?i:bearer|basic|negotiate|digest)\s{1,8})(?![a-z]{1,20}\b(?![=/+]))([\w.~+/=-]{3,})",
    # A variable of a container, in JSON that is text.
    r"""("name"\s{0,4}:\s{0,4}"[^"]{0,80}(?i:pass|pwd|token|secret|key|cred|auth|dsn)[^"]{0,80}"\s{0,4},"""
    r"""\s{0,4}"value"\s{0,4}:\s{0,4})("[^"]*")""",
    # curl and its like: a user and a password. Numbers are those of a user and a group.
    r"""((?<!\S)(?:-u|--user|--proxy-user|-U)[\s=]{0,4}["']?[^\s:"'=]{1,100}:)(?!\d{1,10}(?!\S))([^\s"']+)""",
    # Programs that take a password behind a short flag.
    r"""(\b(?:mysql|mariadb|mysqldump|mysqladmin|sshpass|mongo\w{0,10})\b[^\n|;&]{0,200}?\s-p\s?)"""
    r"""(?!\d{1,5}(?!\S))([^\s"']+)""",
    r"""(\bredis-cli\b[^\n|;&]{0,200}?\s-a\s)([^\s"']+)""",
    r"""(\bldap\w{2,10}\b[^\n|;&]{0,200}?\s-w\s)([^\s"']+)""",
    r"""(\bsqlcmd\b[^\n|;&]{0,200}?\s-P\s)([^\s"']+)""",
    r"""(\s-pass(?:in|out)\s{1,8}pass:)([^\s"']+)""",
    # By their own look: base64 that is long, of mixed letters and digits; never hex, which is a digest or a commit.
    r"()((?<![\w+/.:@-])(?=[\w+/]{0,60}[a-z])(?=[\w+/]{0,60}[A-Z])(?=[\w+/]{0,60}\d)[A-Za-z0-9+/]{40}(?![\w+/=.-]))",
    r"()((?<![\w+/-])[A-Za-z0-9+/]{39,}={1,2}(?![\w=]))",
    r"()((?<![\w+/:@-])(?![0-9a-fA-F]+(?![\w+/]))[A-Za-z0-9+/]{64}(?![\w+/=-]))",
    rf"()((?<![\w-])(?:{'|'.join(_PREFIXED)}))",
)


_SIGNS: Final = (
    *(
        "pass",
        "pw",
        "secret",
        "token",
        "jwt",
        "cred",
        "auth",
        "bearer",
        "cookie",
        "dsn",
        "key",
        "sig",
        "otp",
        "webhook",
    ),
    *("basic", "negotiate", "digest", "://", "@tcp(", "@unix(", "hooks.slack", "-u"),
    *(
        "mysql",
        "mariadb",
        "mongo",
        "redis-cli",
        "ldap",
        "sqlcmd",
        "github_pat_",
        "gl",
        "xox",
        "xapp-",
        "sk-",
        "k_live_",
    ),
    *("k_test_", "whsec_", "akia", "asia", "abia", "acca", "aiza", "ya29.", "gocspx-", "npm_", "pypi-", "hvs.", "hvb."),
    *("hvr.", "_v1_", "sg.", "shp", "dckr_pat_", "sq0", "hf_", "nrak-", "xkeysib-", "dapi", "eyj"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
)
"""In small letters: one of these stands in whatever is hidden below, or a long run of letters and digits does.

Most lines of a log have none, and are looked at no further.
"""
_RUN: Final = re.compile(r"[A-Za-z0-9+/]{39}|[0-9]{8}:")

_DEPTH: Final = 3
"""How deep names within the values of others are looked for: `'cause': 'set url=https://x/?token=…'`."""


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    """Made when first asked for: they take longer to build than the first frame of the dashboard should wait."""
    return tuple(map(re.compile, _SHAPES))


def redact(text: str, hide: Hide = lambda _before, _secret: MASK) -> str:
    """The same text without what looks like a secret. It has as many lines as before."""
    small = text.lower()
    if not any(sign in small for sign in _SIGNS) and not _RUN.search(text):
        return text

    def by_shape(found: re.Match[str]) -> str:
        before, secret = found[1], found[2]
        if MASK in secret:
            return found[0]
        return before + "\n".join(hide(before, line) if line.strip() else line for line in secret.split("\n"))

    for pattern in _shapes():
        text = pattern.sub(by_shape, text)
    return _without_named(text, hide, _DEPTH)


def redact_lines(lines: Sequence[str]) -> list[str]:
    """The same for lines that were written one after another: a private key takes several."""
    if any("PRIVATE KEY" in line for line in lines):
        return redact("\n".join(lines)).split("\n")
    return [redact(line) for line in lines]


@lru_cache(maxsize=4096)
def redact_message(text: str) -> str:
    """The same for a message of the cluster, which many pods have and which is shown again and again.

    A registry or a webhook may repeat the address that it was asked with, and a container its arguments.
    """
    return redact(text)


def _without_named(text: str, hide: Hide, depth: int) -> str:
    """The same without what stands behind a name that tells; also within what stands behind one that does not."""

    def by_name(found: re.Match[str]) -> str:
        before, name, secret = found.groups()
        if not is_telling(name):
            return before + (_without_named(secret, hide, depth - 1) if depth else secret)
        if MASK in secret or secret.lower() in _SCHEMES:
            return found[0]
        return before + hide(before, secret)

    return _FLAG.sub(by_name, _NAMED.sub(by_name, text))


def redact_words(words: list[str], hide: Hide = lambda _before, _secret: MASK) -> list[str]:
    """The same for a command and its arguments: what stands behind a flag is in the next one."""
    redacted = redact("\x1f".join(word.replace("\x1f", " ") for word in words), hide).split("\x1f")
    return redacted if len(redacted) == len(words) else [redact(word, hide) for word in words]

"""Images as people read and write them, and which of them differ between two templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ktui.model.template import PodTemplate
from ktui.text import clean

_DIGEST: Final = 7
"""Characters of a digest that are shown, as git does."""

_HUB: Final = "docker.io"
"""Where a reference without a registry leads (distribution/reference, `splitDockerDomain`)."""

_TAG_WORDS: Final = frozenset(
    {"latest", "stable", "main", "master", "develop", "dev", "edge", "nightly", "prod", "production", "staging"}
    | {"test", "canary", "alpha", "beta", "rc", "release"}
)
"""Words that are tags wherever people deploy, and hardly anybody's image."""


class Difference(msgspec.Struct, frozen=True):
    """A container whose image is another one, as both are written; empty where one of the two has no such container."""

    container: str
    is_init: bool
    """Whether it stands among the init containers, as sidecars do too."""
    old: str
    new: str

    @property
    def shown(self) -> tuple[str, str]:
        """Both images, short, but never the same: `none` is no container."""
        if not self.old or not self.new:
            return (short(self.old) if self.old else "none", short(self.new) if self.new else "none")
        return apart(self.old, self.new)


def short(image: str) -> str:
    """An image without its registry and path: `registry.example/shop/cart:5.0` is `cart:5.0`.

    A digest is cut to seven characters, as git does: `cart@sha256:0a1b2c3`.
    """
    path, at, digest = image.partition("@")
    name = path.rsplit("/", 1)[-1]
    if not at:
        return name
    # A tag beside a digest says more to a person than the digest does.
    return name if ":" in name else f"{name}@{_cut(digest)}"


def apart(one: str, other: str) -> tuple[str, str]:
    """Two images that differ, as short as they still do: the digest comes where the tag is the same, then the whole."""
    for shown in (short, _with_digest):
        pair = shown(one), shown(other)
        if pair[0] != pair[1]:
            return pair
    return one, other


def _with_digest(image: str) -> str:
    digest = image.partition("@")[2]
    name = image.partition("@")[0].rsplit("/", 1)[-1]
    return f"{name}@{_cut(digest)}" if digest else name


def _cut(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:_DIGEST]}"


def of_template(template: PodTemplate, against: PodTemplate | None = None) -> str:
    """The image of a template that tells most, and how many more there are.

    Against another template it is the first that differs, and how many more do; else the first container's.
    """
    return named(template, differences(against, template))


def named(template: PodTemplate, differing: Sequence[Difference]) -> str:
    """The same, where it is known which images differ."""
    if differing:
        # What one of the two alone has is known by what the other has in its place, or by nothing.
        first, *more = sorted(differing, key=lambda each: not each.new)
        return (first.shown[1] if first.new else f"no {first.container}") + _and_more(more)
    if not template.containers:
        return ""
    first_container, *others = template.containers
    return short(first_container.image) + _and_more(others)


def _and_more(others: Sequence[object]) -> str:
    return f" +{len(others)}" if others else ""


def differences(old: PodTemplate | None, new: PodTemplate) -> tuple[Difference, ...]:
    """The containers of two templates whose images differ, init containers and sidecars last; none without an old one.

    A container that only one of the two has is one of them.
    """
    if old is None:
        return ()
    before, after = dict(_images(old)), dict(_images(new))
    return tuple(
        Difference(name, is_init, before.get((is_init, name), ""), after.get((is_init, name), ""))
        for is_init, name in dict.fromkeys((*after, *before))
        if before.get((is_init, name)) != after.get((is_init, name))
    )


def _images(template: PodTemplate) -> Iterator[tuple[tuple[bool, str], str]]:
    for is_init, containers in ((False, template.containers), (True, template.init_containers)):
        for container in containers:
            yield (is_init, container.name), container.image


def changed(differing: Sequence[Difference]) -> tuple[str, str] | None:
    """The first image that differs, old and new, short; None where all are the same.

    How many more differ follows the new one.
    """
    if not differing:
        return None
    first, *more = sorted(differing, key=lambda each: not (each.old and each.new))
    before, after = first.shown
    return before, after + _and_more(more)


def cleaned(change: tuple[str, str] | None) -> tuple[str, str] | None:
    """The same, fit for a screen."""
    return (clean(change[0]), clean(change[1])) if change is not None else None


# References

_PART: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST_OF: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}")
"""The grammar of a reference (distribution/reference, `regexp.go`). A kubelet pulls nothing else (InvalidImageName)."""


def wrong(image: str) -> str:
    """What is wrong with an image's name, in a sentence; empty if a kubelet can read it."""
    if not image:
        return "An image is needed, such as registry.example/shop/cart:5.1."
    if any(char.isspace() for char in image):
        return "An image has no spaces."
    path, rest = split(image)
    tagged, at, digest = rest.partition("@")
    if tagged and not _TAG.fullmatch(tagged[1:]):
        return (
            f'"{clean(tagged[1:])}" is not a tag: a tag has letters, digits, _ . and -.'
            if tagged[1:]
            else 'The tag after ":" is missing.'
        )
    if at and not _DIGEST_OF.fullmatch(digest):
        return f'"{clean(digest)}" is not a digest, such as sha256: and 64 digits from 0 to f.'
    first, *others = path.split("/")
    parts = others if others and _DOMAIN.fullmatch(first) else [first, *others]
    bad = next((part for part in parts if not _PART.fullmatch(part)), None)
    if bad is None:
        return ""
    if not bad:
        return "A part of the repository's name is missing."
    return f'"{clean(bad)}" cannot be in a repository\'s name: it has small letters, digits, and . _ - between them.'


def split(image: str) -> tuple[str, str]:
    """The repository of an image, and the rest with the sign before it: `:5.0`, `@sha256:…`, or nothing."""
    path, at, digest = image.partition("@")
    head, slash, name = path.rpartition("/")
    name, colon, tag = name.partition(":")
    return head + slash + name, colon + tag + at + digest


def repository(image: str) -> str:
    """The repository in full, with the registry: `nginx:1` is of `docker.io/library/nginx`."""
    path = split(image)[0]
    first, slash, _ = path.partition("/")
    if not slash:
        return f"{_HUB}/library/{path}"
    # A first part without a dot or a port is no registry, but for localhost.
    return path if "." in first or ":" in first or first == "localhost" else f"{_HUB}/{path}"


def completed(wanted: str, current: str) -> str:
    """The image that is meant: a tag or a digest alone keeps the repository of the image that is there now."""
    path, _ = split(current)
    if wanted.startswith((":", "@")):
        return path + wanted
    return f"{path}:{wanted}" if path and is_tag(wanted, path) else wanted


def is_tag(word: str, path: str) -> bool:
    """Whether a word is a tag and not an image: it has no path, no tag of its own, and does not look like a name.

    A name is the one that is there already, or plain letters; what has a digit in it, or is a usual word for a version,
    is a tag.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", word) or word == path.rpartition("/")[2]:
        return False
    return any(char.isdigit() or char.isupper() for char in word) or word in _TAG_WORDS


def moved(old: str, new: str) -> str:
    """What to say where another repository replaces one, as people overlook; nothing where none does."""
    before, after = repository(old), repository(new)
    if not old or before == after:
        return ""
    what = "registry" if before.partition("/")[2] == after.partition("/")[2] else "repository"
    return clean(f"the {what} changes from {before} to {after}")

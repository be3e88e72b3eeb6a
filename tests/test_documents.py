"""The documents name what exists: tests, folders, links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import msgspec
import yaml

from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.knative_service.resources import SERVICES as KNATIVE_SERVICES
from ktui.kinds.registry import EXTENSIONS, WORKLOADS
from ktui.model.resources import DAEMONSETS, known_resources
from ktui.plans.offers import PATCH, Permission, needed
from ktui.plans.request import Action
from ktui.settings import Settings
from ktui.tui.steering.switching import PATCH_SERVICE
from ktui.tui.theme import THEMES
from tests import limits
from tests.pictures import GALLERY
from tests.screenshots import FOLDER, pictures

ROOT = Path(__file__).parents[1]
LINKED = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_what_the_documents_name_exists() -> None:
    named: list[tuple[Path, str]] = []
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        paths = re.findall(r"`((?:tests|ktui|docs)/[\w/.-]+)`", text)
        named += [(document.parent / link, f"{document.name}: {link}") for link in links]
        named += [(ROOT / path, f"{document.name}: {path}") for path in paths]
    assert len(named) > 30
    assert [name for path, name in named if not path.exists()] == []


def test_each_link_leads_to_a_section_that_exists() -> None:
    anchors = {path.resolve(): _anchors(path.read_text(encoding="utf-8")) for path in LINKED}
    dead = []
    for document in LINKED:
        text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", text):
            target = (document.parent / path).resolve() if path else document.resolve()
            if anchor not in anchors.get(target, ()):
                dead.append(f"{document.name}: {path}#{anchor}")
    assert len(anchors) > 15
    assert dead == []


def _anchors(text: str) -> set[str]:
    """What GitHub, and MkDocs with the slugs of pymdownx, call the sections of a document."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_document_is_on_the_site() -> None:
    site = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=_Tags)
    named = set(re.findall(r"'([\w-]+\.md)'", repr(site["nav"])))
    written = {path.name for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md")}
    assert named == written, "each page is a file under its own name, and each file is a page"


class _Tags(yaml.SafeLoader):
    """Reads a file of MkDocs without what its tags name."""


_Tags.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def test_each_promise_names_the_tests_that_show_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("\n## What you can rely on\n")[2].partition("\nWhat ktui does not promise:\n")[0]
    promises = re.split(r"\n- (?=\*\*)", section)[1:]
    shown = {promise: re.findall(r"`(tests/[\w/.]+)`", promise) for promise in promises}
    assert len(promises) >= 8
    assert [promise for promise, tests in shown.items() if not tests] == []
    assert [test for tests in shown.values() for test in tests if not (ROOT / test).exists()] == []


def test_the_limits_are_those_in_the_code() -> None:
    assert limits.DOCUMENT.read_text(encoding="utf-8") == limits.document()


def test_what_the_code_cites_exists() -> None:
    sources = sorted(path for folder in ("ktui", "tests") for path in (ROOT / folder).rglob("*.py"))
    cited = {
        (name, source.name)
        for source in sources
        for name in re.findall(r"[\w/-]+\.md\b", source.read_text(encoding="utf-8"))
    }
    assert len(cited) > 10
    places = (ROOT, ROOT / "docs", ROOT / "tests" / "recordings")
    assert [each for each in sorted(cited) if not any((place / each[0]).exists() for place in places)] == []


def test_the_sections_that_the_code_cites_exist() -> None:
    sections = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8"), re.MULTILINE))
    sources = sorted(path for folder in ("ktui", "tests") for path in (ROOT / folder).rglob("*.py"))
    texts = (re.sub(r"\s+", " ", source.read_text(encoding="utf-8")) for source in sources)
    cited = {section.strip() for text in texts for section in re.findall(r"docs/semantics\.md, ([\w -]+)", text)}
    assert len(cited) >= 6
    assert cited <= sections


GUIDE = "".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("guide", "configuration"))


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.+?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


NOT_SCALED: Final = (DAEMONSETS, ADVANCED_DAEMONSETS, CANARIES, KNATIVE_SERVICES)
"""The number of their pods is decided by the nodes, by the primary that Flagger makes, or by an autoscaler."""


def test_the_roles_in_the_guide_suffice() -> None:
    view, act = yaml.safe_load_all(block("yaml"))

    def rights(role: dict[str, list[dict[str, list[str]]]]) -> set[tuple[str, str, str]]:
        return {
            (verb, group, resource)
            for rule in role["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }

    def right(permission: Permission) -> tuple[str, str, str]:
        return permission.verb, permission.group, "/".join(filter(None, (permission.resource, permission.subresource)))

    for resource in known_resources():
        for verb in ("list", "watch"):
            assert (verb, resource.group, resource.plural) in rights(view)
    assert {verb for verb, _, _ in rights(view)} == {"get", "list", "watch"}, "it looks, and changes nothing"
    assert {right(PATCH), right(PATCH_SERVICE)} < rights(act)
    for action in Action:
        for resource in (*WORKLOADS, *(kind.resource for kind in EXTENSIONS)):
            if action is not Action.SCALE or resource not in NOT_SCALED:
                assert right(needed(action, resource)) in rights(act)


def test_the_settings_in_the_guide_are_all_there_are_with_their_defaults() -> None:
    text = re.sub(r"^# (kubeconfig|rules|notify)", r"\1", block("toml"), flags=re.MULTILINE)
    told = tomllib.loads(text)
    defaults = msgspec.to_builtins(Settings())
    assert list(told) == list(defaults)
    assert {name: value for name, value in told.items() if name != "kubeconfig"} == {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in defaults.items()
        if name != "kubeconfig"
    }


def test_the_themes_in_the_guide_are_all_there_are() -> None:
    listed = re.search(r"\*\*Themes\.\*\*(.+?)\.\n", GUIDE, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"`([\w-]+)`", listed[1])) == THEMES


def test_every_picture_is_shown_somewhere_and_the_gallery_shows_its_own() -> None:
    documents = {path.name: path.read_text(encoding="utf-8") for path in LINKED}
    gallery = set(re.findall(r"screenshots/(gallery-[\w-]+)\.svg", documents["gallery.md"]))
    assert gallery == {f"gallery-{screen}-{name}" for screen, it in GALLERY.items() for name in it.variants}
    shown = set(re.findall(r"screenshots/([\w-]+)\.svg", "".join(documents.values())))
    assert shown == set(pictures())
    assert {path.stem for path in FOLDER.iterdir()} == set(pictures())

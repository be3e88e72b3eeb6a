"""Settings: which of flags, environment, file and defaults counts, and what is said of those that do not fit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ktui.settings import Settings, SettingsError, load, seconds


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_anything_the_defaults_hold(config: Path) -> None:
    assert load({}, {}, config) == Settings()


def test_a_flag_beats_the_environment_and_that_beats_the_file(config: Path) -> None:
    config.write_text('context = "file"\nnamespace = "file"\ntheme = "nord"\n')
    settings = load({"context": "flag"}, {"KTUI_CONTEXT": "env", "KTUI_NAMESPACE": "env"}, config)
    assert (settings.context, settings.namespace, settings.theme) == ("flag", "env", "nord")


def test_read_only_in_the_file_can_be_taken_back_by_the_environment(config: Path) -> None:
    config.write_text("read_only = true\n")
    assert load({}, {}, config).read_only
    assert not load({}, {"KTUI_READ_ONLY": "no"}, config).read_only


def test_groups_in_the_environment_are_separated_by_commas(config: Path) -> None:
    assert load({}, {"KTUI_AS_GROUPS": "dev, ops,"}, config).as_groups == ("dev", "ops")


@pytest.mark.parametrize(
    ("file", "environ", "flags", "everything"),
    [
        ("all_namespaces = true", {}, {"namespace": "shop"}, False),
        ("all_namespaces = true", {"KTUI_NAMESPACE": "shop"}, {}, False),
        ('namespace = "shop"', {}, {"all_namespaces": True}, True),
        ("", {}, {"namespace": "shop", "all_namespaces": True}, True),
    ],
)
def test_the_nearer_of_a_namespace_and_all_of_them_counts(
    config: Path, file: str, environ: dict[str, str], flags: dict[str, object], everything: bool
) -> None:
    config.write_text(file)
    assert load(flags, environ, config).all_namespaces is everything


@pytest.mark.parametrize(
    ("file", "environ", "sentence"),
    [
        ("colour = 1", {}, 'There is no setting "colour" (in {config}).'),
        ("read_only = 3", {}, 'The setting "read_only" in {config} does not fit: Expected `bool`, got `int`.'),
        ("read_only = ", {}, "The settings in {config} are not valid TOML: Invalid value (at end of document)."),
        ("", {"KTUI_READ_ONLY": "perhaps"}, 'KTUI_READ_ONLY is "perhaps", which is neither yes nor no.'),
        ("", {"KTUI_REQUEST_TIMEOUT": "soon"}, 'The request timeout is not a length of time: "soon".'),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    config: Path, file: str, environ: dict[str, str], sentence: str
) -> None:
    config.write_text(file)
    with pytest.raises(SettingsError) as caught:
        load({}, environ, config)
    assert str(caught.value).startswith(sentence.format(config=config).removesuffix("(at end of document)."))


def test_variables_of_others_are_no_concern(config: Path) -> None:
    assert load({}, {"KTUI_DEBUG_SOMETHING": "1", "KTUI_CONTEXT": ""}, config) == Settings()


@pytest.mark.parametrize(
    ("text", "length"), [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("20", 20), ("0", 0)]
)
def test_lengths_of_time_are_written_as_for_kubectl(text: str, length: float) -> None:
    assert seconds(text) == pytest.approx(length)


@pytest.mark.parametrize("text", ["", "s", "10x", "1m x", "-5s", "ten"])
def test_other_texts_are_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match=r'".*"'):
        seconds(text)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "it is not a file"),
        (os.mkfifo, "it is not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is not a file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"#" * (2 << 20)), "it has more than 1048576 bytes"),
    ],
)
def test_what_stands_in_the_place_of_the_file_is_one_sentence(
    config: Path, make: Callable[[Path], object], reason: str
) -> None:
    make(config)
    with pytest.raises(SettingsError, match=f"cannot be read: {reason}"):
        load({}, {}, config)

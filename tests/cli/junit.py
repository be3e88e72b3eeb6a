"""JUnit reports, checked against the schema beside this file before anything in them is believed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import xmlschema


@cache
def _schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))


def valid_report(path: Path) -> ET.Element:
    """The one suite of a report. Raises XMLSchemaValidationError where it is none."""
    _schema().validate(str(path))
    suite = ET.parse(path).getroot().find("testsuite")
    assert suite is not None
    assert suite.get("tests") == "1"
    return suite


def trouble_of(suite: ET.Element) -> tuple[str, str, str] | None:
    """Of the one test: its tag (failure or error), its type and its message; None where it is green."""
    found = suite.find("testcase/*")
    if found is None:
        assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
        return None
    assert suite.get(f"{found.tag}s") == "1"
    return found.tag, found.get("type", ""), found.get("message", "")

"""A verdict as a JUnit report, which every pipeline can show: one test, which is the rollout."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import msgspec

from ktui.text import visible


class Trouble(msgspec.Struct, frozen=True):
    """Why the test is red. An `is_error` is one of the gate itself: it could not find out."""

    kind: str
    message: str
    text: str = ""
    is_error: bool = False


class Report(msgspec.Struct, frozen=True):
    """One test, and what was printed about it."""

    namespace: str
    name: str
    begun: datetime
    seconds: float
    trouble: Trouble | None
    said: str = ""
    properties: tuple[tuple[str, str], ...] = ()


def junit(report: Report) -> bytes:
    """The report in the form of Ant's JUnit task, with everything in the order in which its schema wants it."""
    trouble = report.trouble
    failures = int(trouble is not None and not trouble.is_error)
    time = f"{report.seconds:.3f}"
    suites = ET.Element("testsuites")
    suite = ET.SubElement(
        suites,
        "testsuite",
        id="0",
        package="ktui",
        name="ktui status",
        timestamp=report.begun.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        hostname="localhost",
        tests="1",
        failures=str(failures),
        errors=str(int(trouble is not None) - failures),
        time=time,
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in report.properties:
        ET.SubElement(properties, "property", name=_xml(key), value=_xml(value))
    case = ET.SubElement(
        suite, "testcase", classname=_xml(f"ktui.status.{report.namespace}"), name=_xml(report.name), time=time
    )
    if trouble is not None:
        tag = "error" if trouble.is_error else "failure"
        ET.SubElement(case, tag, type=_xml(trouble.kind), message=_xml(trouble.message)).text = _xml(trouble.text)
    ET.SubElement(suite, "system-out").text = _xml(report.said)
    ET.SubElement(suite, "system-err")
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _xml(text: str) -> str:
    """Text that an XML 1.0 document may hold, and that acts on no terminal that it is printed on."""
    return visible(text, keep="\t\n")

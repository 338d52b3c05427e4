"""The forms of a report: for a terminal, code scanning, build servers, pull requests and RDF.

The plain text and JSON forms are the report's own (module `report`).
"""

import hashlib
import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pyoxigraph as ox

from kytkos.graph import Graph
from kytkos.report import SEVERITIES, Finding, Report, Rule, in_language, words
from kytkos.terms import SHAPES, Place, Prefixes, Term
from kytkos.turtle import Lines, width

CHECKS = "https://w3id.org/kytkos/check/"
SH = "http://www.w3.org/ns/shacl#"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
_COLOURS = {"violation": "31;1", "warning": "33;1", "info": "36;1"}
_SIGNS = {"violation": "❌", "warning": "⚠️", "info": "ℹ️"}
_MOST_ROWS = 200
_HEADS = {
    "fi": ("Paikka", "Asia", "Havainto", "Sääntö", "Hyväksytyt", "Syy", "Muita: {n}."),
    "sv": ("Ställe", "Sak", "Anmärkning", "Regel", "Godkända", "Skäl", "Övriga: {n}."),
    "en": ("Place", "Subject", "Finding", "Rule", "Accepted", "Reason", "Others: {n}."),
}
_NONE = {"fi": "Ei havaintoja.", "sv": "Inga anmärkningar.", "en": "No findings."}
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Style:
    """How to write for a reader: language, prefixes, colours, and the width of a line."""

    lang: str
    prefixes: Prefixes
    colour: bool = False
    columns: int = 100

    @property
    def with_shapes(self) -> Prefixes:
        """The prefixes, and that of the shapes."""
        return Prefixes({"kyts": SHAPES} | dict(self.prefixes))

    def short(self, iri: str) -> str:
        """Give the CURIE of an IRI, shapes included."""
        return self.with_shapes.curie(iri)

    def about(self, finding: Finding) -> str:
        """Tell subject and message, in one line."""
        message = " ".join(finding.message(self.lang).split())
        return f"{self.short(finding.focus_node)}: {message}"


def to_terminal(findings: Iterable[Finding], root: Path, style: Style) -> str:
    """Write each finding with the line it is about, and a caret beneath.

    Args:
        findings: what to write, in this order.
        root: the folder that the paths of places are relative to.
        style: language, prefixes, colours and width.
    """
    texts: dict[str, Lines] = {}
    blocks = [_block(finding, root, style, texts) for finding in findings]
    return "".join(f"{block}\n\n" for block in blocks)


def to_sarif(report: Report, rules: Sequence[Rule], style: Style) -> str:
    """Write SARIF 2.1.0; messages are in one language, accepted findings are suppressed.

    A fingerprint is of what is said of what, not of where, so that it outlives a move.

    Source: Static Analysis Results Interchange Format 2.1.0, sections 3.14 to 3.52.
    """
    every = _with_missing(rules, report)
    indexes = {rule.name: index for index, rule in enumerate(every)}
    seen: Counter[str] = Counter()
    driver: dict[str, Any] = {
        "name": "kytkos",
        "informationUri": "https://w3id.org/kytkos/def",
        "rules": [_sarif_rule(rule, style) for rule in every],
    }
    with suppress(PackageNotFoundError):
        driver["version"] = version("kytkos")
    run = {
        "tool": {"driver": driver},
        "language": style.lang,
        "columnKind": "unicodeCodePoints",
        "results": [
            _sarif_result(finding, indexes, style, seen)
            for finding in (*report.findings, *report.accepted)
        ],
    }
    whole = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_junit(report: Report, rules: Sequence[Rule], style: Style, fail_on: str) -> str:
    """Write JUnit XML: a test case a rule, which fails where its findings are severe enough.

    What is less severe, or accepted, stands in the output of its case.
    """
    limit = SEVERITIES.index(fail_on)
    suites = ElementTree.Element("testsuites", name="kytkos check")
    by_rule: dict[str, list[Finding]] = {}
    for finding in (*report.findings, *report.accepted):
        by_rule.setdefault(finding.shape, []).append(finding)
    totals: Counter[str] = Counter()
    for name, some in _suites(_with_missing(rules, report)).items():
        suite = ElementTree.SubElement(suites, "testsuite", name=name)
        failures = 0
        for rule in some:
            case = ElementTree.SubElement(
                suite, "testcase", name=style.short(rule.name), classname=f"kytkos.{name}"
            )
            found = by_rule.get(rule.name, [])
            bad = [f for f in found if SEVERITIES.index(f.severity) <= limit and not f.acceptance]
            if bad:
                failures += 1
                message = f"{len(bad)} × {words(style.lang)[bad[0].severity]}"
                element = ElementTree.SubElement(
                    case, "failure", message=message, type=bad[0].severity
                )
                element.text = _lines(bad, style)
            if others := [finding for finding in found if finding not in bad]:
                ElementTree.SubElement(case, "system-out").text = _lines(others, style)
        counts = {"tests": len(some), "failures": failures, "errors": 0, "skipped": 0}
        suite.attrib |= {key: str(count) for key, count in counts.items()}
        totals.update(counts)
    del totals["skipped"]
    suites.attrib |= {key: str(count) for key, count in totals.items()}
    ElementTree.indent(suites, " ")
    text = ElementTree.tostring(suites, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def to_markdown(report: Report, style: Style, least: str = "info") -> str:
    """Write Markdown for a pull request: the counts, and a table of at most 200 findings."""
    place, subject, what, rule, accepted, reason, rest = _HEADS[style.lang]
    shown = report.at_least(least)
    named = words(style.lang)
    counts = [f"{report.count(s)} × {named[s]}" for s in SEVERITIES if report.count(s)]
    lines = [f"### Kytkös: {', '.join(counts) or _NONE[style.lang]}", ""]
    if shown:
        lines += [f"| | {place} | {subject} | {what} | {rule} |", "|---|---|---|---|---|"]
        lines += [
            f"| {_SIGNS[f.severity]} {named[f.severity]} {_row(f, style)}"
            for f in shown[:_MOST_ROWS]
        ]
        lines.append("")
    if left := len(report.findings) - len(shown[:_MOST_ROWS]):
        lines += [rest.format(n=left), ""]
    if report.accepted:
        lines += ["<details>", f"<summary>{accepted}: {len(report.accepted)}</summary>", ""]
        lines += [
            f"| | {place} | {subject} | {what} | {rule} | {reason} |",
            "|---|---|---|---|---|---|",
        ]
        for finding in report.accepted[:_MOST_ROWS]:
            by = finding.acceptance
            said = _markdown(f"{by.reason} ({by.author}, {by.date})") if by else ""
            lines.append(f"| {_SIGNS[finding.severity]} {_row(finding, style)} {said} |")
        lines += ["", "</details>", ""]
    return "\n".join(lines)


def to_turtle(report: Report, shapes: Graph, data: Graph) -> str:
    """Write a `sh:ValidationReport`; what SHACL found is as pySHACL itself reports it.

    Accepted findings are results, too. What another check found has no `sh:sourceShape`, and
    the check in place of the constraint component.

    Source: SHACL, section 3.6.
    """
    findings = sorted((*report.findings, *report.accepted), key=lambda finding: finding.sort_key)
    copied = _Copied(shapes.store, data.store)
    results = [_turtle_result(finding, copied) for finding in findings]
    conforms = "false" if results else "true"
    head = f"[] a sh:ValidationReport ;\n    sh:conforms {conforms}"
    body = "".join(f" ;\n    sh:result {result}" for result in results)
    return f"@prefix sh: <{SH}> .\n\n{head}{body} .\n{copied.statements()}"


def _block(finding: Finding, root: Path, style: Style, texts: dict[str, Lines]) -> str:
    def coloured(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if style.colour else text

    named = words(style.lang)
    colour = _COLOURS[finding.severity]
    where = coloured(f"{finding.place}: ", "1") if finding.place else ""
    severity = coloured(named[finding.severity], colour)
    shape = coloured(f"[{style.short(finding.shape)}]", "2")
    lines = [_printable(f"{where}{severity}: {style.about(finding)} {shape}", keep="\x1b")]
    place = finding.place
    gutter = len(str(place.line)) if place else 1
    edge = coloured(" " * (gutter + 2) + "|", "2")
    if place and place.line and (found := _source_line(place, root, texts)):
        line, length = found
        room = max(20, style.columns - gutter - 4)
        shown, before, marked = _window(line, place.column - 1, length, room)
        number = coloured(f" {place.line} |", "2")
        lines += [f"{number} {shown}", f"{edge} {' ' * before}{coloured('^' * marked, colour)}"]
    if hint := finding.hint(style.lang):
        lines.append(f"{' ' * (gutter + 2)}= {named['hint']}: {hint}")
    return "\n".join(lines)


def _source_line(place: Place, root: Path, texts: dict[str, Lines]) -> tuple[str, int] | None:
    """Read the line of a place, and how long the term there is."""
    if place.path not in texts:
        try:
            text = (root / place.path).read_bytes().decode("utf-8-sig", "replace")
        except OSError:
            text = ""
        texts[place.path] = Lines(text)
    lines = texts[place.path]
    line = lines.line(place.line)
    column = place.column - 1
    if not line or not 0 <= column <= len(line):
        return None
    if not place.path.endswith((".ttl", ".trig")):
        return line, len(line) - column
    return line, width(lines.text, lines.offset(place.line, place.column))


def _window(line: str, start: int, length: int, room: int) -> tuple[str, int, int]:
    """Cut a long line around a place; tell how wide is what stands before it, and it."""
    end = min(len(line), start + length)
    first = max(0, min(start - room // 3, len(line) - room + 1)) if len(line) > room else 0
    last = min(len(line), first + room - 2)
    left, right = "…" if first else "", "…" if last < len(line) else ""
    pieces = line[first:start], line[start : min(end, last)], line[min(end, last) : last]
    before, marked, after = (_printable(piece.replace("\t", "    ")) for piece in pieces)
    return (
        f"{left}{before}{marked}{after}{right}",
        _columns(left + before),
        max(1, _columns(marked)),
    )


def _columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _printable(text: str, keep: str = "") -> str:
    """Put a sign in place of what would command a terminal."""
    return "".join(c if c.isprintable() or c in keep else "\ufffd" for c in text)


def _with_missing(rules: Sequence[Rule], report: Report) -> list[Rule]:
    known = {rule.name: rule for rule in rules}
    for finding in (*report.findings, *report.accepted):
        known.setdefault(finding.shape, Rule(finding.shape, finding.severity, finding.messages))
    return sorted(known.values(), key=lambda rule: rule.name)


def _sarif_rule(rule: Rule, style: Style) -> dict[str, Any]:
    name = style.short(rule.name)
    text = in_language(rule.messages, style.lang) or name
    return {
        "id": name,
        "shortDescription": {"text": text},
        "help": {"text": f"{text} [{rule.name}]"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_result(
    finding: Finding, indexes: Mapping[str, int], style: Style, seen: Counter[str]
) -> dict[str, Any]:
    place, acceptance = finding.place, finding.acceptance
    hint = finding.hint(style.lang)
    said = json.dumps(
        [
            finding.shape,
            finding.component,
            finding.focus_node,
            finding.path,
            finding.value.to_json() if finding.value else None,
        ],
        ensure_ascii=False,
    )
    seen[said] += 1
    digest = hashlib.sha256(f"{said}{seen[said]}".encode()).hexdigest()
    location: dict[str, Any] = {
        "logicalLocations": [
            {"fullyQualifiedName": finding.focus_node, "name": style.short(finding.focus_node)}
        ]
    }
    if place and place.path:
        location["physicalLocation"] = _physical(place)
    result: dict[str, Any] = {
        "ruleId": style.short(finding.shape),
        "ruleIndex": indexes[finding.shape],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{style.about(finding)} {hint}".rstrip()},
        "locations": [location],
        "partialFingerprints": {"kytkosFinding/v1": digest},
    }
    if acceptance:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": acceptance.reason,
                "location": {"physicalLocation": _physical(acceptance.place)},
                "properties": {"author": acceptance.author, "date": acceptance.date},
            }
        ]
    return result


def _physical(place: Place) -> dict[str, Any]:
    path = PurePath(place.path)
    artifact = {"uri": path.as_uri()} if path.is_absolute() else {"uri": quote(place.path)}
    if not path.is_absolute():
        artifact["uriBaseId"] = "%SRCROOT%"
    region = {"startLine": place.line} if place.line else {}
    if place.line and place.column:
        region["startColumn"] = place.column
    return {"artifactLocation": artifact} | ({"region": region} if region else {})


def _suites(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    suites: dict[str, list[Rule]] = {"shapes": [], "checks": []}
    for rule in rules:
        suites["shapes" if ":" in rule.name else "checks"].append(rule)
    return {name: some for name, some in suites.items() if some}


def _lines(findings: Iterable[Finding], style: Style) -> str:
    text = Report(tuple(findings)).to_text(style.lang, style.with_shapes)
    return _NOT_IN_XML.sub("\ufffd", f"\n{text}")


def _row(finding: Finding, style: Style) -> str:
    message = _markdown(" ".join(finding.message(style.lang).split()))
    if hint := finding.hint(style.lang):
        message += f"<br>{words(style.lang)['hint']}: {_markdown(hint)}"
    place = _code(str(finding.place)) if finding.place else ""
    subject, rule = _code(style.short(finding.focus_node)), _code(style.short(finding.shape))
    return f"| {place} | {subject} | {message} | {rule} |"


def _code(text: str) -> str:
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>"


def _markdown(text: str) -> str:
    """Escape what Markdown would read as markup."""
    return re.sub(r"([\\`*_{}\[\]()#+!~|-])", r"\\\1", html.escape(text, quote=False))


class _Copied:
    """Blank nodes of the shapes and the data that the report tells of, each copied once."""

    def __init__(self, shapes: ox.Store, data: ox.Store) -> None:
        self._stores = (shapes, data)
        self._names: dict[ox.BlankNode, str] = {}

    def term(self, node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
        """Write a node; what is said of a blank node follows in `statements`."""
        if not isinstance(node, ox.BlankNode):
            return str(node)
        return self._names.setdefault(node, f"_:b{len(self._names) + 1}")

    def statements(self) -> str:
        """Write what is said of the blank nodes, and of those that this speaks of."""
        lines: list[str] = []
        told: set[ox.BlankNode] = set()
        while waiting := [node for node in self._names if node not in told]:
            told.update(waiting)
            for node in waiting:
                lines += self._statements_of(node)
        return "".join(["\n", *lines]) if lines else ""

    def _statements_of(self, node: ox.BlankNode) -> list[str]:
        quads = (q for s in self._stores for q in s.quads_for_pattern(node, None, None, None))
        said = dict.fromkeys((quad.predicate, quad.object) for quad in quads)
        name = self._names[node]
        return [f"{name} {p} {self.term(value)} .\n" for p, value in sorted(said, key=_order)]

    def object_of(self, shape: Term, name: str) -> list[ox.NamedNode | ox.BlankNode]:
        """Give the values of a property of SHACL that a shape has."""
        quads = self._stores[0].quads_for_pattern(
            _subject(shape), ox.NamedNode(SH + name), None, None
        )
        ends = (quad.object for quad in quads)
        return [end for end in ends if isinstance(end, ox.NamedNode | ox.BlankNode)]


def _order(said: tuple[ox.NamedNode, object]) -> tuple[str, str]:
    predicate, value = said
    return predicate.value, "" if isinstance(value, ox.BlankNode) else str(value)


def _turtle_result(finding: Finding, copied: _Copied) -> str:
    lines = ["a sh:ValidationResult"]

    def say(name: str, value: str) -> None:
        lines.append(f"sh:{name} {value}")

    say("resultSeverity", f"sh:{finding.severity.capitalize()}")
    if finding.component:
        source = finding.source or Term("uri", finding.shape)
        shape = _subject(source)
        say("sourceConstraintComponent", f"<{finding.component}>")
        say("sourceShape", copied.term(shape))
        constraints = copied.object_of(source, "sparql")
        if finding.component == SH + "SPARQLConstraintComponent" and len(constraints) == 1:
            say("sourceConstraint", copied.term(constraints[0]))
    else:
        source = None
        say("sourceConstraintComponent", f"<{CHECKS}{finding.shape}>")
    say("focusNode", copied.term(_node(finding.focus or Term("uri", finding.focus_node))))
    if path := _path(finding, source, copied):
        say("resultPath", path)
    if finding.value:
        say("value", copied.term(_node(finding.value)))
    for lang, text in sorted(finding.messages.items()):
        say("resultMessage", str(ox.Literal(text, language=lang) if lang else ox.Literal(text)))
    return "[\n" + "".join(f"        {line} ;\n" for line in lines) + "    ]"


def _path(finding: Finding, source: Term | None, copied: _Copied) -> str:
    if not finding.path:
        return ""
    if "<" not in finding.path:
        return f"<{finding.path}>"
    stated = copied.object_of(source, "path") if source else []
    return copied.term(stated[0]) if stated else ""


def _subject(term: Term) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(term.value) if term.type == "bnode" else ox.NamedNode(term.value)


def _node(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if term.type != "literal":
        return _subject(term)
    if term.lang:
        return ox.Literal(term.value, language=term.lang)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype) if term.datatype else None)

"""What a verification found, as findings beside those of the other checks."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kytkos.report import Finding, Rule
from kytkos.sources.normal import Text
from kytkos.sources.verification import Check, Verification
from kytkos.terms import DEF, LANGUAGES

_KEYS = ("file", "section", "claims", "lines", "start", "end", "places", "error")


def rules() -> tuple[Rule, ...]:
    """List what can be found: a document that can't be read, a place lost, ambiguous or moved."""
    blank = dict.fromkeys(_KEYS, "…")
    return tuple(
        Rule(name, texts["severity"], {lang: texts[lang].format(**blank) for lang in LANGUAGES})
        for name, texts in _texts().items()
    )


def findings(verification: Verification) -> Iterator[Finding]:
    """Give a finding for each place that is not ok, and each document that can't be read."""
    texts = _texts()
    files = {document.iri: document.file_name for document in verification.documents}
    for document in verification.documents:
        if error := verification.errors.get(document.iri):
            said: dict[str, object] = {"places": len(document.places), "error": error.message}
            said["file"] = document.file_name
            yield _finding(texts, "document-not-read", document.iri, "fileName", said)
    for check in verification.checks:
        if check.verdict != "ok":
            place = check.place
            said = _where(check, verification.texts[place.document])
            said |= {"file": files[place.document], "section": place.section or "–"}
            said |= {"claims": len(place.claims)}
            yield _finding(texts, f"place-{check.verdict}", place.iri, "start", said)


def _where(check: Check, text: Text) -> dict[str, object]:
    spans = check.elsewhere or ([check.at] if check.at else [])
    start, end = check.at or (None, None)
    lines = ", ".join(str(text.line(first)) for first, _ in spans)
    return {"lines": lines, "start": start, "end": end}


def _finding(
    texts: Mapping[str, Any], name: str, focus: str, path: str, said: Mapping[str, object]
) -> Finding:
    rule = texts[name]
    return Finding(
        severity=rule["severity"],
        shape=name,
        focus_node=focus,
        messages={lang: rule[lang].format(**said) for lang in LANGUAGES},
        path=DEF + path,
        hints={lang: text.format(**said) for lang, text in rule.get("hint", {}).items()},
    )


def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

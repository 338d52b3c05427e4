"""A comparison of two versions as text, Markdown and JSON, and its summary in a paragraph."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kytkos.differences import Change, Claim, Comparison, Section, Side, Value, Version
from kytkos.differences import words as read_words
from kytkos.drawing import wrapped
from kytkos.tables import markdown_text as md
from kytkos.things import Cited, Thing

_MOST = 4


def summary(comparison: Comparison) -> str:
    """Tell what matters most in one paragraph; what counts as such `compare.toml` says."""
    told = read_words()
    words = _in_language(told["words"], comparison.lang)
    changes = comparison.changes
    names = {"old": comparison.old.label, "new": comparison.new.label}
    if not changes:
        return words["lead_same"].format(**names)
    sentences = [
        words["lead"].format(**names, changes=len(changes), unchanged=len(comparison.unchanged))
    ]
    counted: set[tuple[str, str]] = set()
    for sentence in told["sentences"]:
        if said := _sentence(sentence, comparison, words, counted):
            sentences.append(said[0].upper() + said[1:])
    readings = sum(change.inferred for change in changes)
    if readings:
        sentences.append(words["readings"].format(readings))
    return " ".join(sentences)


def to_text(comparison: Comparison, everything: bool = False, only: Collection[str] = ()) -> str:
    """Write a comparison for a terminal: the summary, then a line for each change and its places.

    Args:
        comparison: what differs.
        everything: list what stands unchanged too.
        only: list these aspects; all of them if empty.
    """
    words = _in_language(read_words()["words"], comparison.lang)
    lines = [line.strip() for line in wrapped(summary(comparison), "")]
    for section in _shown(comparison, everything, only):
        lines += ["", _heading(section, words)]
        for change in _listed(section, everything):
            lines += wrapped(f"{change.kind_label}: {headline(change)}", "  ")
            if change.inferred:
                reasons = " ".join(change.reasons)
                lines += wrapped(f"{words['inferred']}: {reasons}".rstrip(": "), "      ")
            lines += wrapped(_both_places(change), "      ")
    return "".join(f"{line}\n" for line in lines)


def to_markdown(
    comparison: Comparison, everything: bool = False, only: Collection[str] = ()
) -> str:
    """Write a comparison for a pull request: the summary, then a table for each aspect."""
    words = _in_language(read_words()["words"], comparison.lang)
    lines = [
        f"## {md(comparison.old.label)} → {md(comparison.new.label)}",
        "",
        md(summary(comparison)),
    ]
    columns = [words[key] for key in ("kind", "what", "before", "after")]
    for section in _shown(comparison, everything, only):
        lines += ["", f"### {md(_heading(section, words))}", ""]
        lines.append(f"| {' | '.join(column[:1].upper() + column[1:] for column in columns)} |")
        lines.append("| --- | --- | --- | --- |")
        for change in _listed(section, everything):
            kind = md(change.kind_label)
            if change.inferred:
                reasons = " ".join(change.reasons)
                kind += f"<br>*{md(words['inferred'])}{': ' + md(reasons) if reasons else ''}*"
            cells = [kind, md(_what(change))]
            for side in (change.before, change.after):
                places = (
                    f"<br><sub>{md(_places(side.places))}</sub>" if side and side.places else ""
                )
                cells.append(md(_side(change, side)) + places if side else "–")
            lines.append(f"| {' | '.join(cells)} |")
    return "".join(f"{line}\n" for line in lines)


def to_json(comparison: Comparison, everything: bool = False, only: Collection[str] = ()) -> str:
    """Write a comparison as JSON.

    An object with `old` and `new` (`iri`, `label`, `issued`), `summary`, `counts` (changes by
    kind), `unchanged` (how many) and `sections`. A section has `aspect`, `heading`, `changes` and,
    where everything is asked for, `unchanged`. A change has `kind`, `kindLabel`, `subjects`,
    `keys`, `before`, `after`, `inferred`, `reasons` and `succession`; a side has `things`,
    `values`, `text`, `via`, `claims`, and each claim its `places`.
    """
    whole = {
        "old": _version(comparison.old),
        "new": _version(comparison.new),
        "lang": comparison.lang,
        "summary": summary(comparison),
        "counts": comparison.counts,
        "unchanged": len(comparison.unchanged),
        "sections": [
            {
                "aspect": section.aspect,
                "heading": section.heading,
                "changes": [_change(change) for change in section.changes],
            }
            | (
                {"unchanged": [_change(change) for change in section.unchanged]}
                if everything
                else {}
            )
            for section in comparison.sections
            if not only or section.aspect in only
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def headline(change: Change) -> str:
    """Say a change in one line, without its kind: what it is about, then before → after."""
    before, after = (_side(change, side) for side in (change.before, change.after))
    about = _what(change)
    if not change.keys and not (change.before and change.after):
        side = change.before or change.after
        return f"{about}: {side.text}" if side and side.text else about
    if not change.is_change:
        return f"{about}: {after}" if change.keys and after else about
    if change.before and change.after:
        if not change.keys and change.before.things != change.after.things:
            return f"{before} → {after}"
        return f"{about}: {before or '–'} → {after or '–'}" if before != after else about
    told = before or after
    return f"{about}: {told}" if told and told != about else about


def listed(labels: Sequence[str], words: Mapping[str, str], most: int = _MOST) -> str:
    """List names in a sentence: «a, b and c», or «a, b, c and 4 others».

    >>> listed(["a", "b", "c"], {"and": "ja"})
    'a, b ja c'
    """
    shown = list(labels[:most] if len(labels) > most else labels)
    more = len(labels) - len(shown)
    if more:
        shown.append(words["other"] if more == 1 else words["others"].format(more))
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {words['and']} {shown[-1]}"


def _sentence(
    sentence: Mapping[str, Any],
    comparison: Comparison,
    words: Mapping[str, str],
    told: set[tuple[str, str]],
) -> str:
    """Say one sentence of the summary, or nothing; `told` gets the kinds that it counts."""
    aspect, kinds, lang = sentence["aspect"], sentence["kinds"], comparison.lang
    if not kinds:
        known = any(s.aspect == aspect and s.unchanged for s in comparison.sections)
        return sentence["many"][lang] if known and not comparison.of(aspect) else ""
    changes = [
        [c for c in comparison.of(aspect, kind) if not (sentence.get("is_stated") and c.inferred)]
        for kind in kinds
    ]
    if not all(changes) or not told.isdisjoint((aspect, kind) for kind in kinds):
        return ""
    told.update((aspect, kind) for kind in kinds)
    first = changes[0]
    shown: dict[str, list[str]] = {}
    for change in first:
        label, more = _named(change, sentence.get("show", ""), words)
        shown.setdefault(label, []).extend(filter(None, [more]))
    labels = [f"{label} ({'; '.join(more)})" if more else label for label, more in shown.items()]
    form = sentence.get("one", sentence["many"]) if len(first) == 1 else sentence["many"]
    counts = {kind: len(some) for kind, some in zip(kinds, changes, strict=True)}
    names = listed(labels, words, sentence.get("most", _MOST))
    return str(form[lang].format(n=len(first), list=names, **counts))


def _named(change: Change, show: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Name what a change is about, and what to add to the name."""
    side = change.after or change.before
    grouped = side is not None and side.via is not None and len(change.subjects) > 1
    label = side.via.label if grouped and side and side.via else _group(change.subjects, change)
    if show == "things" and change.before:
        old = f" {words['plus']} ".join(thing.label for thing in change.before.things)
        return label, f"{words['formerly']} {old}"
    if show == "names" and change.before and change.after:
        # As the documents write them, in their own language.
        new, old = (
            " / ".join(text for value in side.values for text in value.texts)
            for side in (change.after, change.before)
        )
        return new, f"{words['formerly']} {old}"
    if show == "text":
        sides = [side for side in (change.before, change.after) if side and side.text]
        # Whether it counts as something else is left to the list.
        texts = " → ".join(side.text.partition(", ")[0] for side in sides)
        return label, f"{change.keys[0].label.lower()} {texts}" if change.keys else texts
    return label, ""


def _what(change: Change) -> str:
    """Name what a change is about: its subjects, and which of their statements."""
    if not change.keys:
        side = change.after or change.before
        return " + ".join(thing.label for thing in side.things) if side else ""
    subjects = _group(change.subjects, change)
    if _is_thing_of_version(change):
        return subjects
    return f"{subjects} – {_group(change.keys, change)}"


def _side(change: Change, side: Side | None) -> str:
    """Say what one side has: the things, where they differ, and the values."""
    if side is None:
        return ""
    things = ""
    other = change.before if side is change.after else change.after
    if _is_thing_of_version(change) or (
        not change.keys and (not other or other.things != side.things)
    ):
        things = " + ".join(thing.label for thing in side.things)
    notes = "" if other and other.notes == side.notes else _notes(side)
    same = other and other.things != side.things and other.text == side.text
    text = "" if same else side.text
    if things:
        text = f"{things} ({text})" if text else things
    return f"{text} [{notes}]" if notes else text


def _notes(side: Side) -> str:
    return "; ".join(", ".join(value.texts) for value in side.notes)


def _is_thing_of_version(change: Change) -> bool:
    """Tell whether the key is a thing that each version has its own of, as a task is."""
    sides = [side for side in (change.before, change.after) if side]
    claims = {claim.iri for side in sides for claim in side.claims}
    return bool(change.keys) and all(key.iri in claims for key in change.keys)


def _group(things: Sequence[Thing], change: Change) -> str:
    """Name several things by the group that they are taken from, else one by one."""
    if len(things) > 1:
        for side in (change.after, change.before):
            if side and side.via:
                return f"{side.via.label} ({len(things)})"
    return ", ".join(thing.label for thing in things)


def _shown(comparison: Comparison, everything: bool, only: Collection[str]) -> Iterator[Section]:
    for section in comparison.sections:
        if only and section.aspect not in only:
            continue
        if section.changes or (everything and section.unchanged):
            yield section


def _listed(section: Section, everything: bool) -> tuple[Change, ...]:
    return section.changes + (section.unchanged if everything else ())


def _heading(section: Section, words: Mapping[str, str]) -> str:
    unchanged = (
        f", {words['unchanged'].lower()} {len(section.unchanged)}" if section.unchanged else ""
    )
    return f"{section.heading} ({len(section.changes)}{unchanged})"


def _both_places(change: Change) -> str:
    sides = (change.before, change.after)
    return " → ".join(_places(side.places) or "–" for side in sides if side)


def _places(places: Iterable[Cited]) -> str:
    documents: dict[str, dict[str, None]] = {}
    for place in places:
        documents.setdefault(place.document.label, {})[place.section] = None
    return "; ".join(
        ", ".join([label, *filter(None, sections)]) for label, sections in documents.items()
    )


def _version(version: Version) -> dict[str, str]:
    return {"iri": version.iri, "label": version.label, "issued": version.issued}


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "kindLabel": change.kind_label,
        "subjects": [_thing(thing) for thing in change.subjects],
        "keys": [_thing(thing) for thing in change.keys],
        "before": _side_json(change.before),
        "after": _side_json(change.after),
        "inferred": change.inferred,
        "reasons": list(change.reasons),
        "succession": change.succession or None,
    }


def _side_json(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "things": [_thing(thing) for thing in side.things],
        "text": side.text,
        "values": [_value(value) for value in (*side.values, *side.notes)],
        "via": _thing(side.via) if side.via else None,
        "claims": [_claim(claim) for claim in side.claims],
    }


def _thing(thing: Thing) -> dict[str, str]:
    return {"iri": thing.iri, "label": thing.label}


def _value(value: Value) -> dict[str, Any]:
    return {
        "name": value.name,
        "label": value.label,
        "values": [term.to_json() for term in value.terms],
        "texts": list(value.texts),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "iri": claim.iri,
        "inferred": claim.inferred,
        "reason": claim.reason or None,
        "places": [
            {"iri": place.iri, "document": place.document.iri, "section": place.section or None}
            for place in claim.places
        ],
    }


def _in_language(words: Mapping[str, Mapping[str, str]], lang: str) -> dict[str, str]:
    return {key: choice[lang] for key, choice in words.items()}

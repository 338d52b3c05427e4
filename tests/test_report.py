import json

from kytkos.report import Finding, Report
from kytkos.terms import Place, Prefixes, Term

PREFIXES = Prefixes({"ex": "https://example.org/", "kyts": "https://w3id.org/kytkos/shapes#"})
FINDING = Finding(
    severity="violation",
    shape="https://w3id.org/kytkos/shapes#Task-isHeldBy",
    focus_node="https://example.org/task",
    messages={"fi": "Tehtävältä puuttuu hoitaja.", "en": "The task has no holder."},
    place=Place("data/tasks.ttl", 13, 1),
    value=Term("literal", "x"),
)


def test_a_line_of_text_names_place_severity_subject_message_and_shape() -> None:
    text = Report((FINDING,)).to_text("fi", PREFIXES)

    assert text == (
        "data/tasks.ttl:13:1: virhe: ex:task: Tehtävältä puuttuu hoitaja. [kyts:Task-isHeldBy]\n"
    )


def test_a_language_without_a_message_falls_back_to_english() -> None:
    assert FINDING.message("sv") == "The task has no holder."


def test_json_has_the_fields_that_others_rely_on() -> None:
    report = json.loads(Report((FINDING,), {"triples": 1}).to_json())

    assert report["conforms"] is False
    assert report["checked"] == {"triples": 1}
    finding = report["findings"][0]
    assert finding["focus_node"] == "https://example.org/task"
    assert (finding["file"], finding["line"], finding["column"]) == ("data/tasks.ttl", 13, 1)
    assert finding["path"] is None
    assert finding["value"] == {"type": "literal", "value": "x"}


def test_json_has_messages_and_hints_in_every_language() -> None:
    hints = {"fi": "Tarkoititko?", "sv": "Menade du?", "en": "Did you mean?"}
    report = Report((FINDING, FINDING._replace(hints=hints)))

    without, with_hint = json.loads(report.to_json())["findings"]

    assert without["message"] == dict(FINDING.messages)
    assert without["hint"] is None
    assert with_hint["hint"] == hints


def test_of_findings_as_severe_a_cause_comes_before_what_may_follow_from_it() -> None:
    first, last = Place("data/a.ttl", 1, 1), Place("data/z.ttl", 9, 9)
    cause = FINDING._replace(place=last, is_cause=True)
    follows = FINDING._replace(place=first)
    warned = FINDING._replace(place=first, is_cause=True, severity="warning")

    assert sorted((warned, follows, cause), key=lambda f: f.sort_key) == [cause, follows, warned]


def test_the_threshold_counts_the_more_severe_too() -> None:
    assert Report((FINDING,)).at_least("warning") == (FINDING,)
    assert Report((FINDING,)).conforms is False
    assert Report(()).conforms is True

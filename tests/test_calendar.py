"""What is owed, what was held, and what is coming."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kytkos import agenda, calendar
from kytkos.calendar import Calendar
from kytkos.cli import main
from kytkos.engines import Oxigraph, Rdflib
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.tables import Row
from kytkos.terms import LANGUAGES, XSD, Term
from tests.conftest import ROOT, MakeProject


@pytest.mark.parametrize("day", ["2023-08-01", "2024-06-30", "2025-05-14", "2026-11-22"])
def test_verdicts_are_those_of_the_library(county: Project, county_graph: Graph, day: str) -> None:
    engine = Oxigraph(county_graph)
    query = county.library()["meetings-against-agreement"]
    bound = query.bind({"date": Term("literal", day, datatype=XSD + "date")})
    asked = {
        (
            str(row["obligation"]),
            str(row["body"]),
            str(row["windowStart"]),
            str(row["windowEnd"]),
        ): (
            str(row["verdict"]).rpartition("/")[2],
            int(str(row["held"])),
        )
        for row in engine.select(bound.text).records()
    }

    made = calendar.calendar(engine, county.queries_in("calendar"), date.fromisoformat(day), "fi")
    found = {
        (d.obligation, d.holder.iri, str(d.window.start), str(d.window.end)): (
            d.verdict,
            len(d.held),
        )
        for d in made.verdicts
    }

    assert asked
    assert asked.items() <= found.items()


# --- verdicts and windows -----------------------------------------------------------------------

FORUM = """
@prefix act: <https://w3id.org/kytkos/scheme/act/> .
@prefix agreement: <https://w3id.org/kytkos/id/agreement/> .
@prefix answer: <https://w3id.org/kytkos/scheme/answer/> .
@prefix basis: <https://w3id.org/kytkos/scheme/basis/> .
@prefix coverage: <https://w3id.org/kytkos/id/coverage/> .
@prefix event: <https://w3id.org/kytkos/id/event/> .
@prefix event-kind: <https://w3id.org/kytkos/scheme/event-kind/> .
@prefix event-status: <https://w3id.org/kytkos/scheme/event-status/> .
@prefix group: <https://w3id.org/kytkos/id/group/> .
@prefix kunta: <https://w3id.org/kytkos/id/kunta/> .
@prefix period: <https://w3id.org/kytkos/id/period/> .
@prefix period-kind: <https://w3id.org/kytkos/scheme/period-kind/> .
@prefix provision: <https://w3id.org/kytkos/id/provision/> .
@prefix status: <https://w3id.org/kytkos/scheme/status/> .
@prefix version: <https://w3id.org/kytkos/id/version/> .

version:x a kyt:AgreementVersion ;
    skos:prefLabel "Sopimus"@fi , "Avtal"@sv , "Agreement"@en ;
    dcterms:isVersionOf agreement:x ; dcterms:issued "2024-03-01"^^xsd:date ;
    kyt:status status:signed ; kyt:hasParty kunta:1 .
kunta:1 a kyt:Municipality ; skos:prefLabel "Kunta"@fi , "Kommun"@sv , "Municipality"@en .
provision:x-1 a kyt:Adherence ; kyt:inVersion version:x ; kyt:party kunta:1 ;
    kyt:adheredOn "2024-03-01"^^xsd:date .
body:a a kyt:Forum ; skos:prefLabel "Foorumi"@fi , "Forum"@sv , "Forum"@en .
body:b a kyt:Forum ; skos:prefLabel "Ryhmä"@fi , "Grupp"@sv , "Group"@en .
group:ab a kyt:ParticipantGroup ; kyt:hasGroupMember body:a , body:b ;
    skos:prefLabel "Molemmat"@fi , "Bägge"@sv , "Both"@en .
provision:x-meet a kyt:Obligation ; kyt:inVersion version:x ; kyt:binds group:ab ;
    kyt:act act:meet ; kyt:atLeast 2 ; kyt:perPeriod period-kind:calendar-year ;
    kyt:basis basis:stated .
provision:x-joint a kyt:Obligation ; kyt:inVersion version:x ; kyt:binds body:a ;
    kyt:act act:meet-jointly ; kyt:atLeast 1 ; kyt:perPeriod period-kind:calendar-year ;
    kyt:countsAsOwn answer:COUNTS ; kyt:basis basis:stated .
"""
PERIODS = "".join(
    f'period:{year} a kyt:Period ; skos:prefLabel "{year}"@fi , "{year}"@sv , "{year}"@en ;'
    f" kyt:periodKind period-kind:calendar-year ;"
    f' kyt:startDate "{year}-01-01"^^xsd:date ; kyt:endDate "{year}-12-31"^^xsd:date .\n'
    for year in range(2023, 2028)
)


def meeting(day: str, act: str = "meet", status: str = "held", body: str = "a") -> str:
    kind = "meeting" if act == "meet" else "joint-meeting"
    counts = f"kyt:countsAs act:{act} ;" if status == "held" else ""
    name = f"{day}-{act}-{body}"
    return (
        f"event:{name} a kyt:Event ; kyt:heldBy body:{body} ; {counts}\n"
        f"    kyt:eventStatus event-status:{status} ; kyt:eventKind event-kind:{kind} ;\n"
        f'    kyt:onDate "{day}"^^xsd:date ;\n'
        f'    skos:prefLabel "Kokous {name}"@fi , "Möte"@sv , "Meeting"@en .\n'
    )


def made(make_project: MakeProject, day: str, *events: str, counts: str = "no") -> Calendar:
    project = make_project(FORUM.replace("COUNTS", counts) + PERIODS + "".join(events))
    engine = Oxigraph(project.graph())
    return calendar.calendar(engine, project.queries_in("calendar"), date.fromisoformat(day), "en")


def verdict(found: Calendar, year: int, body: str = "a", act: str = "meet") -> str:
    (one,) = [
        duty.verdict
        for duty in found.duties
        if duty.window.start.year == year
        and duty.holder.iri.endswith(f"/{body}")
        and duty.act.iri.endswith(f"/{act}")
    ]
    return one


def test_each_verdict_in_its_window(make_project: MakeProject) -> None:
    held = [meeting("2025-02-01"), meeting("2025-12-31"), meeting("2026-05-05")]

    found = made(make_project, "2027-02-01", *held)

    assert [verdict(found, year) for year in (2024, 2025, 2026, 2027)] == [
        "partial-period",
        "met",
        "not-shown",
        "in-progress",
    ]
    assert not any(duty.window.start.year == 2023 for duty in found.duties)


def test_not_met_needs_that_all_that_was_held_is_known(make_project: MakeProject) -> None:
    complete = (
        "coverage:x a kyt:EventCoverage ; kyt:concerns group:ab ; kyt:isComplete true ;\n"
        '    kyt:coversFrom "2025-01-01"^^xsd:date ; kyt:coversTo "2025-12-31"^^xsd:date .\n'
    )

    found = made(make_project, "2027-02-01", meeting("2025-02-01"), complete)

    assert verdict(found, 2025) == "not-met"
    assert verdict(found, 2026) == "not-shown"


def test_a_planned_meeting_never_counts(make_project: MakeProject) -> None:
    planned = [meeting("2025-02-01", status="planned"), meeting("2025-03-01", status="planned")]

    found = made(make_project, "2026-06-01", *planned)
    (duty,) = [d for d in found.duties if d.planned]

    assert duty.verdict == "not-shown"
    assert [event.on for event in duty.planned] == ["2025-02-01", "2025-03-01"]
    assert (duty.held, duty.missing, duty.to_agree) == ((), 2, 0)


@pytest.mark.parametrize(
    ("counts", "expected"), [("yes", "met"), ("no", "not-shown"), ("unknown", "not-shown")]
)
def test_a_joint_meeting_is_an_own_one_only_where_the_version_says_so(
    make_project: MakeProject, counts: str, expected: str
) -> None:
    held = [meeting("2025-02-01"), meeting("2025-06-01", act="meet-jointly")]

    found = made(make_project, "2026-06-01", *held, counts=counts)

    assert verdict(found, 2025) == expected
    assert verdict(found, 2025, act="meet-jointly") == "met"
    assert sum(len(duty.held) for duty in found.duties) == (3 if counts == "yes" else 2)


def test_twelve_months_may_give_another_verdict_than_the_calendar_year(
    county: Project, county_graph: Graph
) -> None:
    engine, queries = Oxigraph(county_graph), county.queries_in("calendar")

    def verdicts(day: str, rolling: bool) -> list[tuple[str, str, str]]:
        found = calendar.calendar(engine, queries, date.fromisoformat(day), "en", rolling=rolling)
        return [
            (str(duty.window.start), str(duty.window.end), duty.verdict)
            for duty in found.verdicts
            if duty.obligation.endswith("/kh2023-kuntakokous-kokoontuu")
        ][-1:]

    # One was held on 28.8.2024.
    assert verdicts("2025-08-27", True) == [("2024-08-28", "2025-08-27", "met")]
    assert verdicts("2025-08-28", True) == [("2024-08-29", "2025-08-28", "not-shown")]
    assert verdicts("2025-08-28", False) == [("2025-01-01", "2025-12-31", "in-progress")]
    assert verdicts("2024-01-31", True) == [("2023-02-01", "2024-01-31", "partial-period")]


def test_a_rolling_window_is_not_due_again(make_project: MakeProject) -> None:
    project = make_project(FORUM.replace("COUNTS", "no") + PERIODS)
    engine, queries = Oxigraph(project.graph()), project.queries_in("calendar")

    found = calendar.calendar(engine, queries, date(2026, 6, 1), "en", rolling=True)

    assert {duty.verdict for duty in found.verdicts} == {"not-shown"}
    assert found.due == ()


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "queries/calendar").glob("*.rq")))
def test_both_engines_answer_alike(county: Project, county_graph: Graph, name: str) -> None:
    query = county.queries_in("calendar")[name]

    ours, theirs = (engine(county_graph).select(query.text, name) for engine in (Oxigraph, Rdflib))

    assert ours.variables == theirs.variables
    assert len(ours) > 0
    assert [as_values(row) for row in ours.rows] == [as_values(row) for row in theirs.rows]


def as_values(row: Row) -> list[str]:
    return [term.value if term else "" for term in row]


def test_members_of_a_group_that_stand_alike_are_one_line(make_project: MakeProject) -> None:
    found = made(make_project, "2026-06-01", meeting("2025-02-01"), meeting("2025-03-01"))

    lines = {
        (duty.holder.label, duty.window.start.year)
        for duty in agenda.folded(found.verdicts)
        if duty.act.iri.endswith("/meet")
    }

    assert lines == {("Both (2)", 2024), ("Forum", 2025), ("Group", 2025), ("Both (2)", 2026)}


def test_a_draft_has_windows_and_no_verdicts(county: Project, county_graph: Graph) -> None:
    engine, queries = Oxigraph(county_graph), county.queries_in("calendar")
    draft = [v for v in calendar.versions(engine, queries, "en") if v.entry is None]

    found = calendar.calendar(engine, queries, date(2026, 11, 22), "en", draft)

    assert {version.iri.rpartition("/")[2] for version in draft} == {"kh2026"}
    assert found.verdicts == ()
    assert {duty.holder.label for duty in found.due} >= {
        "KH Turva, safety forum",
        "Regional working group on wellbeing and health",
    }


def test_a_party_has_its_own_duties_and_those_of_its_bodies(
    county: Project, county_graph: Graph
) -> None:
    found = calendar.calendar(
        Oxigraph(county_graph), county.queries_in("calendar"), date(2026, 11, 22), "en"
    )
    loppi = found.of("https://w3id.org/kytkos/id/kunta/433")

    assert {holder.label for holder in loppi.holders} == {
        "Municipality of Loppi",
        "Strategic-level forum",
        "Municipal meeting on wellbeing and health",
        "KH Turva, safety forum",
        "KH Hyte, wellbeing forum",
    }


# --- iCalendar ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_icalendar_is_read_back(county: Project, county_graph: Graph, lang: str) -> None:
    engine, queries = Oxigraph(county_graph), county.queries_in("calendar")
    found = calendar.calendar(engine, queries, date(2026, 11, 22), lang)

    written = agenda.to_ics(found, "Hämeen liitto; kaikki, aina")
    read = icalendar.Calendar.from_ical(written)
    events = read.events

    assert agenda.to_ics(found, "Hämeen liitto; kaikki, aina") == written
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert str(read["x-wr-calname"]).endswith("Hämeen liitto; kaikki, aina")
    assert len({str(event["uid"]) for event in events}) == len(events) > 10
    for event in events:
        assert event.errors == []
        assert str(event["transp"]) == "TRANSPARENT"
        assert event.start < event.end
        assert "{" not in str(event["summary"]) + str(event["description"])
    inferred = {"fi": "Päätelty", "sv": "Slutsats", "en": "Inferred"}[lang]
    source = {"fi": "Lähde: ", "sv": "Källa: ", "en": "Source: "}[lang]
    told = [str(event["description"]).splitlines() for event in events]
    assert 0 < sum(inferred in lines for lines in told) < len(told)
    assert {sum(line.startswith(source) for line in lines) for lines in told} == {1}
    assert any(f"{inferred}\n{source}" in text and "; " in text for text in map("\n".join, told))


def test_a_planned_event_stands_on_its_day_and_leaves_less_to_agree(
    make_project: MakeProject,
) -> None:
    planned = meeting("2025-09-24", status="planned")

    found = made(make_project, "2025-06-01", meeting("2025-02-01", body="b"), planned)
    read = icalendar.Calendar.from_ical(agenda.to_ics(found))
    events = {str(e["summary"]): (e.start, e.end) for e in read.events}

    assert events["Meeting"] == (date(2025, 9, 24), date(2025, 9, 25))
    assert events["Forum: meeting once (date to be agreed)"] == (
        date(2025, 1, 1),
        date(2026, 1, 1),
    )
    assert "Group: meeting once more (date to be agreed)" in events
    assert "Both (2): meeting 2 times (date to be agreed)" in events


@given(st.dates(date(2023, 1, 1), date(2027, 12, 31)))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_on_any_day_a_verdict_follows_from_its_window(
    county: Project, county_graph: Graph, day: date
) -> None:
    found = calendar.calendar(Oxigraph(county_graph), county.queries_in("calendar"), day, "fi")

    for duty in found.duties:
        assert duty.window.start <= found.until
        assert duty.verdict in calendar.VERDICTS or duty.window.start > day
        assert all(event.is_held for event in duty.held)
        assert all(event.on <= day.isoformat() for event in duty.held)
        if duty.verdict == "met":
            assert len(duty.held) >= duty.required
        if duty.verdict == "in-progress":
            assert duty.window.end >= day
        assert duty.verdict != "not-met"
    if day < date(2023, 8, 1):
        assert (found.versions, found.duties) == ((), ())


# --- the command --------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(ROOT), "--lang", "en", *arguments])


def test_forms_and_files(tmp_path: Path) -> None:
    day = ["--as-of", "2026-11-22"]
    whole = json.loads(run("calendar", *day, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(run("calendar", *day, "--format", "csv").stdout)))
    result = run("calendar", *day, "--body", "KH Turva", "-o", str(tmp_path / "turva.ics"))

    assert len(rows) == len(whole["duties"]) > 100
    assert {row["verdict"] for row in rows} <= {*calendar.VERDICTS, ""}
    assert (result.exit_code, result.stdout) == (0, "")
    assert b"KH Turva" in (tmp_path / "turva.ics").read_bytes()


def test_of_one_body_the_title_names_it() -> None:
    whole = run("calendar", "--as-of", "2026-11-22").stdout
    one = run("calendar", "--as-of", "2026-11-22", "--body", "KH Turva").stdout

    assert one.splitlines()[0] == "KH Turva, safety forum"
    assert "│ Duty " in one
    assert "│ Who " not in one
    assert "│ Who " in whole
    assert "│ 2024 " in one


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--body", "Xyzzy"], "nothing is named `Xyzzy`"),
        (["--body", "Loppi"], "has no duties and no seat as a body"),
        (["--version", "kh2025"], "Did you mean `kh2026`?"),
        (["--as-of", "yesterday"], "is not a day"),
        (["--party", "612/2021"], "has no duties and no seat as a party"),
    ],
)
def test_what_is_not_there(arguments: list[str], said: str) -> None:
    result = run("calendar", *arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_before_any_agreement_nothing_is_owed() -> None:
    result = run("calendar", "--as-of", "2020-01-01")

    assert result.exit_code == 0
    assert "No agreement is in force on 1 January 2020." in result.stdout


@pytest.mark.parametrize("form", ["table", "json", "csv", "ics"])
def test_an_empty_project_has_an_empty_calendar(tmp_path: Path, form: str) -> None:
    (tmp_path / "data").mkdir()

    result = CliRunner().invoke(main, ["--project", str(tmp_path), "calendar", "--format", form])

    assert result.exit_code == 0
    assert "Traceback" not in result.output

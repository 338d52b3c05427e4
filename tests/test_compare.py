"""Two versions of an agreement side by side."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kytkos import compare
from kytkos.cli import main
from kytkos.differences import Change, Comparison, Side
from kytkos.engines import Oxigraph, Rdflib
from kytkos.graph import Graph, load_content
from kytkos.project import Project
from kytkos.tables import Row
from kytkos.terms import LANGUAGES, Prefixes, Term
from tests.conftest import PREFIXES, ROOT

VERSION = "https://w3id.org/kytkos/id/version/"


@pytest.fixture(scope="module")
def agreements(county: Project, county_graph: Graph) -> Comparison:
    queries = county.queries_in("diff")
    engine = Oxigraph(county_graph)
    return compare.compare(engine, queries, f"{VERSION}kh2023", f"{VERSION}kh2026", "en")


def labels(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind, change.subjects[0].label) for change in changes]


def test_bodies_new_dropped_and_replaced(agreements: Comparison) -> None:
    assert sorted(labels(agreements.of("bodies"))) == [
        ("dropped", "Network for the management of employment"),
        ("new", "Housing development network"),
        ("new", "Thematic networks"),
        ("replaced", "Steering group for multisectoral support"),
    ]


@pytest.mark.parametrize("key", ["kh2023", "kh2026"])
def test_a_version_compared_with_itself_has_no_changes(
    county: Project, county_graph: Graph, key: str
) -> None:
    itself = compare.compare(
        Oxigraph(county_graph),
        county.queries_in("diff"),
        VERSION + key,
        VERSION + key,
        "fi",
    )

    assert itself.changes == ()
    assert itself.unchanged


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(ROOT), *arguments])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version:kh2023", "kh2026"),
        ("2023-08-01", "13.4.2026"),
        (f"{VERSION}kh2023", "Strateginen yhteistyösopimus 13.4.2026"),
    ],
)
def test_a_version_has_many_names(old: str, new: str) -> None:
    assert run("--lang", "fi", "diff", old, new).stdout == (
        run("--lang", "fi", "diff", "kh2023", "kh2026").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kh20233", "HEAD"], "Did you mean `kh2023`?"),
        (["kh2023"], "Name the other version too"),
        (["kh2023", "HEAD"], "`HEAD` is not a version of an agreement"),
        (["--help"], "Example: kytkos diff kh2023 kh2026"),
    ],
)
def test_what_can_not_be_compared(arguments: list[str], said: str) -> None:
    result = run("--lang", "en", "diff", *arguments)

    assert said in result.output
    assert result.exit_code == (0 if arguments == ["--help"] else 2)
    assert "Traceback" not in result.output


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_summary_comes_first_in_each_language(lang: str) -> None:
    told = json.loads(run("--lang", lang, "diff", "kh2023", "kh2026", "--format", "json").stdout)
    text = run("--lang", lang, "diff", "kh2023", "kh2026").stdout

    assert " ".join(text.partition("\n\n")[0].split()) == told["summary"]
    assert "{" not in told["summary"]


@pytest.mark.parametrize(
    "arguments", [["diff", "kh2023", "kh2026", "--all"], ["calendar", "--as-of", "2025-05-20"]]
)
def test_the_same_data_gives_the_same_bytes(arguments: list[str]) -> None:
    command = [sys.executable, "-c", "from kytkos.cli import main; main()", "--project", str(ROOT)]
    answers = [
        subprocess.run(
            [*command, *arguments, "--format", "json"],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]

    assert answers[0] == answers[1] == answers[2] != b""


# --- against the library ------------------------------------------------------------------------


def asked(county: Project, graph: Graph, name: str) -> list[dict[str, Term | None]]:
    return list(Oxigraph(graph).select(county.library()[name].text, name).records())


def text(term: Term | None) -> str:
    return term.value if term else ""


def things(side: Side | None) -> frozenset[str]:
    return frozenset(thing.iri for thing in side.things) if side else frozenset()


def test_cadences_are_those_of_the_library(
    county: Project, county_graph: Graph, agreements: Comparison
) -> None:
    library = {
        (text(row["body"]), text(row["act"]), text(row["before"]), text(row["after"]))
        for row in asked(county, county_graph, "cadences-changed")
    }

    def claim(side: Side | None) -> str:
        return side.claims[0].iri if side else ""

    told = {
        (subject.iri, change.keys[0].iri, claim(change.before), claim(change.after))
        for change in agreements.of("cadences")
        for subject in change.subjects
        if "/body/" in subject.iri
    }

    assert told == library


def test_bodies_are_those_of_the_library(
    county: Project, county_graph: Graph, agreements: Comparison
) -> None:
    library = {
        (text(row["kind"]).rpartition("/")[2], text(row["before"]), text(row["after"]))
        for row in asked(county, county_graph, "bodies-changed")
    }
    bodies = {
        (change.kind, before, after)
        for change in agreements.of("bodies")
        for before in things(change.before) or {""}
        for after in things(change.after) or {""}
    }
    names = {
        (change.kind, *2 * (change.subjects[0].iri,))
        for section in agreements.sections
        if section.aspect == "names"
        for change in (*section.changes, *section.unchanged)
        if change.succession and "/body/" in change.subjects[0].iri
    }

    assert bodies | names == library


def test_priorities_are_those_of_the_library(
    county: Project, county_graph: Graph, agreements: Comparison
) -> None:
    library = {
        (text(row["kind"]).rpartition("/")[2], text(row["before"]), text(row["after"]))
        for row in asked(county, county_graph, "priorities-changed")
    }
    told = {
        (change.kind, before, after)
        for change in agreements.of("priorities")
        for before in things(change.before) or {""}
        for after in things(change.after) or {""}
    }

    assert told == library


def test_signatories_are_those_of_the_library(
    county: Project, county_graph: Graph, agreements: Comparison
) -> None:
    library = {
        (text(row["party"]), text(row["nameBefore"]), text(row["nameAfter"]))
        for row in asked(county, county_graph, "signatories-changed")
    }
    told = {
        (change.subjects[0].iri, *(side.values[0].texts[0] for side in sides if side))
        for change in agreements.of("signatories")
        for sides in [(change.before, change.after)]
    }

    assert told == library


def test_sections_cited_in_one_version_are_those_of_the_library(
    county: Project, county_graph: Graph, agreements: Comparison
) -> None:
    library = {
        text(row["citation"])
        for row in asked(county, county_graph, "sections-cited-in-one-version")
    }
    told = {
        claim.iri
        for change in agreements.of("legal-bases", "new", "dropped")
        for side in (change.before, change.after)
        if side
        for claim in side.claims
    }
    cited = [
        {
            change.keys[0].iri
            for change in (*agreements.of("legal-bases"), *agreements.unchanged)
            if change.aspect == "legal-bases" and not change.inferred and getattr(change, side)
        }
        for side in ("before", "after")
    ]

    assert library <= told
    assert len(cited[0] ^ cited[1]) == len(library)


@pytest.mark.parametrize("aspect", ["parties", "bodies", "priorities", "goals", "measures"])
def test_the_other_way_round_new_is_dropped(
    county: Project, county_graph: Graph, agreements: Comparison, aspect: str
) -> None:
    back = compare.compare(
        Oxigraph(county_graph),
        county.queries_in("diff"),
        f"{VERSION}kh2026",
        f"{VERSION}kh2023",
        "en",
    )

    assert {things(change.after) for change in back.of(aspect, "new")} == {
        things(change.before) for change in agreements.of(aspect, "dropped")
    }
    assert {things(change.before) for change in back.of(aspect, "dropped")} == {
        things(change.after) for change in agreements.of(aspect, "new")
    }
    assert len(back.of(aspect)) == len(agreements.of(aspect))


def test_every_change_has_its_places(agreements: Comparison) -> None:
    without = [
        (change.aspect, change.subjects[0].iri)
        for change in agreements.changes
        for side in (change.before, change.after)
        if side and not side.places
    ]

    assert without == []


# --- any two versions ---------------------------------------------------------------------------

Claims = dict[str, tuple[int, int | None]]
cadences = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.tuples(st.integers(1, 4), st.none() | st.integers(5, 9)),
)


def two_versions(old: Claims, new: Claims) -> Graph:
    turtle = PREFIXES + (
        "@prefix act: <https://w3id.org/kytkos/scheme/act/> .\n"
        "@prefix period-kind: <https://w3id.org/kytkos/scheme/period-kind/> .\n"
        "@prefix provision: <https://w3id.org/kytkos/id/provision/> .\n"
        "@prefix version: <https://w3id.org/kytkos/id/version/> .\n"
    )
    for version, year in (("old", 2023), ("new", 2026)):
        turtle += (
            f"version:{version} a kyt:AgreementVersion ; dcterms:isVersionOf body:agreement ;\n"
            f'    dcterms:issued "{year}-01-01"^^xsd:date ; kyt:status body:status ;\n'
            f'    skos:prefLabel "{version}"@fi .\n'
        )
    for version, some in (("old", old), ("new", new)):
        for body, (least, most) in some.items():
            turtle += (
                f"provision:{version}-{body} a kyt:Obligation ; kyt:inVersion version:{version} ;\n"
                f"    kyt:binds body:{body} ; kyt:act act:meet ; kyt:atLeast {least} ;\n"
                + (f"    kyt:atMost {most} ;\n" if most else "")
                + "    kyt:perPeriod period-kind:calendar-year .\n"
            )
    store = ox.Store()
    namespaces = load_content(store, turtle.encode(), "data/x.ttl")
    return Graph(store, {}, Prefixes(namespaces))


@given(cadences, cadences)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_statement_is_told_once(county: Project, old: Claims, new: Claims) -> None:
    found = compare.compare(
        Oxigraph(two_versions(old, new)),
        county.queries_in("diff"),
        f"{VERSION}old",
        f"{VERSION}new",
        "fi",
    )
    told = {
        subject.iri.rpartition("/")[2]: change.kind
        for change in (*found.changes, *found.unchanged)
        if change.aspect == "cadences"
        for subject in change.subjects
    }
    expected = dict.fromkeys(new, "new") | dict.fromkeys(old, "dropped")
    for body in old.keys() & new.keys():
        before, after = old[body], new[body]
        expected[body] = (
            "denser"
            if after[0] > before[0]
            else "sparser"
            if after[0] < before[0]
            else "continued"
            if after == before
            else "cadence-changed"
        )

    assert told == expected


THREE = """
@prefix basis: <https://w3id.org/kytkos/scheme/basis/> .
@prefix priority: <https://w3id.org/kytkos/id/priority/> .
@prefix succession: <https://w3id.org/kytkos/id/succession/> .
@prefix succession-kind: <https://w3id.org/kytkos/scheme/succession-kind/> .
@prefix version: <https://w3id.org/kytkos/id/version/> .
"""


def follow(name: str, kind: str, before: str, after: str) -> str:
    ends = "".join(
        f"kyt:{end} {' , '.join(f'priority:{one}' for one in some.split())} ; "
        for end, some in (("predecessor", before), ("successor", after))
        if some
    )
    return (
        f"succession:{name} a kyt:Succession ; {ends} kyt:basis basis:inferred ;\n"
        f'    kyt:reason "Syy {name}."@fi ; kyt:successionKind succession-kind:{kind} .\n'
    )


def three_versions() -> Graph:
    turtle = PREFIXES + THREE
    for number, year in enumerate((2023, 2026, 2030), 1):
        turtle += (
            f"version:v{number} a kyt:AgreementVersion ; dcterms:isVersionOf body:agreement ;\n"
            f'    dcterms:issued "{year}-01-01"^^xsd:date ; kyt:status body:status ;\n'
            f'    skos:prefLabel "v{number}"@fi .\n'
        )
        for name in ("a", "b", "c", "d", "e"):
            if f"{name}{number}" not in ("c3", "d1", "e1", "e2"):
                turtle += (
                    f"priority:{name}{number} a kyt:Priority ; kyt:inVersion version:v{number} ;"
                    f' kyt:order 1 ; skos:prefLabel "{name}{number}"@fi .\n'
                )
    turtle += follow("a12", "widened", "a1", "a2") + follow("a23", "continued", "a2", "a3")
    turtle += follow("b12", "continued", "b1", "b2") + follow("b23", "renamed", "b2", "b3")
    turtle += follow("c12", "continued", "c1", "c2") + follow("c23", "dropped", "c2", "")
    turtle += follow("d2", "new", "", "d2") + follow("d23", "narrowed", "d2", "d3")
    store = ox.Store()
    return Graph(store, {}, Prefixes(load_content(store, turtle.encode(), "data/x.ttl")))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("v1", "v2", {"a": "widened", "b": "continued", "c": "continued", "d": "new"}),
        (
            "v2",
            "v3",
            {"a": "continued", "b": "renamed", "c": "dropped", "d": "narrowed", "e": "new"},
        ),
        (
            "v1",
            "v3",
            {"a": "widened", "b": "renamed", "c": "dropped", "d": "new", "e": "new"},
        ),
        (
            "v3",
            "v1",
            {"a": "narrowed", "b": "renamed", "c": "new", "d": "dropped", "e": "dropped"},
        ),
    ],
)
def test_what_follows_through_a_version_between(
    county: Project, old: str, new: str, expected: dict[str, str]
) -> None:
    queries = county.queries_in("diff")
    engine = Oxigraph(three_versions())
    found = compare.compare(engine, queries, VERSION + old, VERSION + new, "fi")
    told = {
        change.subjects[0].label[0]: change.kind
        for change in (*found.changes, *found.unchanged)
        if change.aspect == "priorities"
    }

    assert told == expected
    if (old, new) == ("v1", "v3"):
        (widened,) = found.of("priorities", "widened")
        assert widened.reasons == ("Syy a12. Syy a23.",)


# --- two revisions of the data ------------------------------------------------------------------

OLD = """
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix place: <https://w3id.org/kytkos/id/place/> .
@prefix source: <https://w3id.org/kytkos/id/source/> .
source:x a kyt:SourceDocument ; skos:prefLabel "Sopimus"@fi , "Avtal"@sv , "Agreement"@en .
place:x-1 a kyt:SourcePlace ; oa:hasSource source:x ; kyt:sectionPath "5" ;
    kyt:start 1 ; kyt:end 2 ; kyt:digest "a" .
place:x-2 a kyt:SourcePlace ; oa:hasSource source:x ; kyt:start 3 ; kyt:end 4 ; kyt:digest "b" .
body:a a kyt:Forum ; skos:prefLabel "Foorumi"@fi , "Forum"@sv , "Forum"@en ;
    kyt:statedAt place:x-1 .
body:b a kyt:Forum ; skos:prefLabel "Ryhmä"@fi , "Grupp"@sv , "Group"@en .
"""
NEW = (
    OLD.replace('"Foorumi"@fi', '"Neuvottelukunta"@fi')
    .replace('kyt:digest "a"', 'kyt:digest "c"')
    .replace("kyt:start 3", "kyt:start 33")
    .replace("body:b a", "body:c a")
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *person, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "data").mkdir()
    for turtle in (OLD, NEW):
        (tmp_path / "data/things.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
        git("add", "--all")
        git("commit", "--quiet", "--no-verify", "--message", "More")
    return tmp_path


def diff(project: Path, *arguments: str, lang: str = "en") -> Result:
    return CliRunner().invoke(main, ["--project", str(project), "--lang", lang, "diff", *arguments])


def test_a_change_of_the_data_is_told_by_thing(repository: Path) -> None:
    told = json.loads(diff(repository, "HEAD~1", "HEAD", "--format", "json").stdout)

    assert told["counts"] == {"added": 1, "removed": 1, "changed": 1}
    assert {(thing["change"], thing["curie"]) for thing in told["things"]} == {
        ("added", "body:c"),
        ("removed", "body:b"),
        ("changed", "body:a"),
    }
    (changed,) = [thing for thing in told["things"] if thing["change"] == "changed"]
    assert changed["edits"] == [
        {
            "property": "http://www.w3.org/2004/02/skos/core#prefLabel",
            "label": changed["edits"][0]["label"],
            "lang": "fi",
            "removed": ["Foorumi"],
            "added": ["Neuvottelukunta"],
        }
    ]
    assert [place["section"] for place in changed["places"]] == ["5"]


def test_a_change_of_the_data_in_text_and_markdown(repository: Path) -> None:
    text = diff(repository, "HEAD~1", "HEAD").stdout.splitlines()
    markdown = diff(repository, "HEAD~1", "HEAD", "--format", "md").stdout.splitlines()

    assert text[0].startswith("HEAD~1 → HEAD: 1 added, 1 removed, 1 changed.")
    assert "  + Group [body:c]" in text
    assert "  − Group [body:b]" in text
    assert "      name (fi): Foorumi → Neuvottelukunta" in text
    assert "      in the source: Agreement, 5" in text
    assert markdown[0] == "## HEAD~1 → HEAD"
    assert "- **Forum** (changed, `body:a`)" in markdown
    assert "  - name (fi): Foorumi → Neuvottelukunta" in markdown


def test_passages_that_only_moved_are_counted(repository: Path) -> None:
    told = json.loads(diff(repository, "HEAD~1", "HEAD", "--format", "json").stdout)

    assert [(moved["label"], moved["places"]) for moved in told["moved"]] == [("Agreement", 2)]
    assert "2 source places have a new position" in told["summary"]


def test_the_files_as_they_are(repository: Path) -> None:
    assert "the data is the same" in diff(repository, "HEAD").stdout
    path = repository / "data/things.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace("Grupp", "Gruppen"), encoding="utf-8")

    result = diff(repository, "HEAD", lang="sv")

    assert result.exit_code == 0
    assert "HEAD → arbetskopian: 1 ändrade" in result.stdout
    assert "Grupp → Gruppen" in result.stdout


def test_some_aspects_alone() -> None:
    whole = run("--lang", "en", "diff", "kh2023", "kh2026").stdout
    some = run("--lang", "en", "diff", "kh2023", "kh2026", "--only", "cadences").stdout
    wrong = run("--lang", "en", "diff", "kh2023", "kh2026", "--only", "cadence")

    assert some.partition("\n\n")[0] == whole.partition("\n\n")[0]
    assert [line for line in some.splitlines() if line.startswith("How often")]
    assert "Signatories" not in some
    assert (wrong.exit_code, "Did you mean `cadences`?" in wrong.stderr) == (2, True)


def test_a_branch_called_like_a_version_is_named_in_full(tmp_path: Path) -> None:
    result = diff(ROOT, "refs/heads/kh2023")

    assert result.exit_code == 2
    assert "git knows no revision `refs/heads/kh2023`" in result.stderr


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_an_empty_project(tmp_path: Path, form: str) -> None:
    (tmp_path / "data").mkdir()

    result = diff(tmp_path, "kh2023", "kh2026", "--format", form)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_markdown_is_written_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "changes.md"

    result = diff(ROOT, "kh2023", "kh2026", "-o", str(target), lang="sv")
    lines = target.read_text(encoding="utf-8").splitlines()

    assert (result.exit_code, result.stdout) == (0, "")
    assert lines[0].startswith("## Ramavtalet 1.8.2023 → ")
    rows = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "queries/diff").glob("*.rq")))
def test_both_engines_answer_alike(
    county: Project, county_graph: Graph, county_rdflib: Rdflib, name: str
) -> None:
    query = county.queries_in("diff")[name]

    ours = Oxigraph(county_graph).select(query.text, name)
    theirs = county_rdflib.select(query.text, name)

    assert ours.variables == theirs.variables
    assert [as_values(row) for row in ours.rows] == [as_values(row) for row in theirs.rows]


def as_values(row: Row) -> list[str]:
    return [term.value if term else "" for term in row]


@pytest.fixture(scope="module")
def county_rdflib(county_graph: Graph) -> Rdflib:
    return Rdflib(county_graph)

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result

from kytkos.cli import main
from kytkos.cli.common import VERBS
from kytkos.sources import normalise
from tests.conftest import PREFIXES, ROOT, MakeProject

Run = Callable[..., Result]

BODY = """\
body:a a kyt:Forum ;
    skos:prefLabel "A-foorumi"@fi , "A-forum"@sv , "Forum A"@en .
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("KYTKOS_LANG", raising=False)

    def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the county's data, to break."""
    copytree(ROOT / "data", tmp_path / "county" / "data")
    return tmp_path / "county"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("command", sorted(VERBS))
def test_every_command_has_an_example_in_its_help(run: Run, command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert "Example" in result.stdout or "Commands:" in result.stdout


def test_the_county_has_no_violation(run: Run) -> None:
    result = run("--project", ROOT, "--lang", "fi", "check")

    assert "virhe" not in result.stdout
    assert result.exit_code == 0


def test_check_in_json_says_what_it_looked_at(run: Run) -> None:
    result = run("--project", ROOT, "check", "--format", "json")

    report = json.loads(result.stdout)
    assert report["conforms"] is True
    assert report["checked"]["triples"] > 10_000
    assert report["checked"]["shapes"] > 200
    assert {f["severity"] for f in report["findings"]} <= {"warning", "info"}


def test_fail_on_info_leaves_with_1_where_there_is_information(run: Run) -> None:
    assert run("--project", ROOT, "check", "--fail-on", "info").exit_code == 1


def test_without_the_main_responsible_of_one_priority_its_measures_are_named(
    run: Run, copy: Path
) -> None:
    edit(
        copy / "data/kanta-hame/2026-luonnos/plan.ttl",
        "cv:hasParticipant body:kh-turva ;\n    cv:role role:main ;",
        "cv:hasParticipant body:kh-turva ;\n    cv:role role:cooperating ;",
    )

    result = run("--project", copy, "--lang", "fi", "check")

    assert result.exit_code == 1
    violations = [line for line in result.stdout.splitlines() if ": virhe: " in line]
    assert len(violations) == 2
    for measure in violations:
        assert measure.startswith("data/kanta-hame/2026-luonnos/plan.ttl:")
        assert "[kyts:Measure-responsibleBody]" in measure
    assert "measure:kh2026-turvallisuuden-tilannekuva" in "".join(violations)


def test_without_any_legal_basis_every_measure_is_named(run: Run, copy: Path) -> None:
    for path in (copy / "data/kanta-hame").rglob("*.ttl"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("kyt:legalResource", "kyt:concerns"), encoding="utf-8")

    result = run("--project", copy, "check", "--format", "json")

    assert result.exit_code == 1
    without = {
        f["focus_node"]
        for f in json.loads(result.stdout)["findings"]
        if f["shape"].endswith("#Measure-legalAnchor")
    }
    assert len(without) == 10


def test_a_wrong_check_digit_is_a_violation_at_its_line(run: Run, copy: Path) -> None:
    edit(copy / "data/kanta-hame/parties.ttl", '"0150919-1"', '"0150919-2"')

    result = run("--project", copy, "--lang", "fi", "check")

    assert result.exit_code == 1
    assert "0150919-2" in result.stdout
    assert "tarkistusnumero" in result.stdout
    assert "data/kanta-hame/parties.ttl:" in result.stdout


def test_a_misspelt_reference_is_a_violation(run: Run, copy: Path) -> None:
    edit(
        copy / "data/kanta-hame/2026-luonnos/plan.ttl",
        "cv:hasParticipant body:kh-turva ;",
        "cv:hasParticipant body:kh-trva ;",
    )

    result = run("--project", copy, "check")

    assert result.exit_code == 1
    assert "kh-trva" in result.stdout


@pytest.mark.parametrize(("lang", "word"), [("fi", "virhe"), ("sv", "fel"), ("en", "violation")])
def test_findings_come_in_the_chosen_language(
    run: Run, make_project: MakeProject, lang: str, word: str
) -> None:
    project = make_project(BODY.replace(', "Forum A"@en', ""))

    result = run("--project", project.root, "--lang", lang, "check")

    assert result.exit_code == 1
    assert f"data/things.ttl:7:5: {word}: body:a: " in result.stdout


def test_a_misspelt_reference_is_named_at_its_column_with_the_nearest(
    run: Run, make_project: MakeProject
) -> None:
    project = make_project(BODY + "body:b a kyt:Forum ;\n    kyt:concerns body:c , body:aa .\n")

    result = run("--project", project.root, "--lang", "sv", "check")

    lines = result.stdout.splitlines()
    (index,) = [n for n, line in enumerate(lines) if "body:aa" in line]
    assert lines[index].startswith("data/things.ttl:9:27: fel: body:b: Hänvisning till body:aa")
    assert lines[index + 1] == "    tips: Menade du body:a?"


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "data/things.ttl:7:5: virhe: "),
        ("json", '{\n "conforms": false'),
        ("sarif", '{\n "$schema"'),
        ("junit", "<?xml"),
        ("md", "### Kytkös: 1 × virhe"),
        ("ttl", "@prefix sh:"),
    ],
)
def test_the_report_has_a_form_for_each_reader(
    run: Run, make_project: MakeProject, form: str, start: str
) -> None:
    project = make_project(BODY.replace(', "Forum A"@en', ""))

    result = run("--project", project.root, "--lang", "fi", "check", "--format", form)

    assert result.exit_code == 1
    assert result.stdout.startswith(start)
    assert "\x1b" not in result.stdout
    again = run("--project", project.root, "--lang", "fi", "check", "--format", form)
    assert again.stdout == result.stdout


def test_a_misspelt_class_is_told_before_what_follows_from_it(run: Run, copy: Path) -> None:
    parties = copy / "data/kanta-hame/parties.ttl"
    edit(parties, "kunta:061 a kyt:Municipality", "kunta:061 a kyt:Muncipality")

    result = run("--project", copy, "check", "--format", "json")

    first, *others = json.loads(result.stdout)["findings"]
    assert (first["shape"], first["line"]) == ("undeclared-class", 33)
    assert first["hint"]["fi"] == "Tarkoititko kyt:Municipality?"
    assert sum(finding["severity"] == "violation" for finding in others) > 5


def test_an_accepted_finding_does_not_fail_the_check(run: Run, make_project: MakeProject) -> None:
    project = make_project(BODY.replace(', "Forum A"@en', ""))
    (project.root / "accepted-findings.toml").write_text(
        '[[finding]]\nshape = "kyts:Named-prefLabelEn"\nfocus_node = "body:a"\n'
        'reason = "No English name yet."\nauthor = "A. Analyst"\ndate = 2026-11-22\n'
    )

    result = run("--project", project.root, "check")

    assert result.exit_code == 0
    assert "prefLabelEn" not in result.stdout
    assert "1 accepted" in result.stderr
    assert run("--project", project.root, "build", "--out", project.root / "site").exit_code == 0


def test_a_bad_list_of_accepted_findings_leaves_with_2_and_the_line(
    run: Run, make_project: MakeProject
) -> None:
    project = make_project(BODY)
    (project.root / "accepted-findings.toml").write_text('\n[[finding]]\nshape = "a"\n')

    result = run("--project", project.root, "check")

    assert result.exit_code == 2
    assert result.stderr.startswith("accepted-findings.toml:2:1: error: ")


def test_the_compiled_shapes_and_pyshacl_find_the_same(run: Run, make_project: MakeProject) -> None:
    project = make_project(BODY.replace(', "Forum A"@en', "") + "body:b a kyt:Forum .\n")

    compiled = run("--project", project.root, "check", "--format", "json")
    oracle = run("--project", project.root, "check", "--format", "json", "--engine", "pyshacl")

    def found(result: Result) -> set[tuple[str, str]]:
        findings = json.loads(result.stdout)["findings"]
        return {(f["shape"], f["focus_node"]) for f in findings}

    assert found(compiled)
    assert found(compiled) == found(oracle)


def test_a_syntax_error_leaves_with_2_and_a_place(run: Run, make_project: MakeProject) -> None:
    project = make_project("body:a a kyt:Forum\nbody:b a kyt:Forum .\n")

    result = run("--project", project.root, "check")

    assert result.exit_code == 2
    assert result.stdout.startswith("data/things.ttl:7:1: virhe: ")
    assert "vihje: " in result.stdout
    assert "can't be read as a whole: data/things.ttl:7:1" in result.stderr


def test_a_folder_that_is_no_project_gets_one_sentence(run: Run, tmp_path: Path) -> None:
    result = run("--project", tmp_path, "check")

    assert result.exit_code == 2
    assert "is not a project" in result.stderr


def test_a_missing_folder_gets_one_sentence(run: Run, tmp_path: Path) -> None:
    result = run("--project", tmp_path / "none", "check")

    assert result.exit_code == 2
    assert "no folder" in result.stderr


def test_kh_turva_has_the_main_responsibility_and_its_two_measures_inherit_it(run: Run) -> None:
    result = run(
        "--project", ROOT, "--lang", "en", "query", "body-responsibilities",
        "--set", "body=KH Turva", "--format", "json",
    )  # fmt: skip

    rows = json.loads(result.stdout)["results"]["bindings"]
    assert len(rows) == 2
    assert {row["roleLabel"]["value"] for row in rows} == {"Main responsibility"}
    inherited = {row["inheritedFrom"]["value"].rsplit("/", 1)[1] for row in rows}
    assert inherited == {"kh2026-varautuminen-ja-turvallisuus"}


def test_the_library_is_listed_with_its_parameters(run: Run) -> None:
    result = run("--project", ROOT, "--lang", "fi", "query")

    assert "body-responsibilities" in result.stdout
    assert "--set body=body:kh-turva" in result.stdout
    assert "Kuka vastaa" in result.stdout


def test_a_query_can_come_from_standard_input_and_go_to_a_file(run: Run, tmp_path: Path) -> None:
    text = "SELECT ?a WHERE { VALUES ?a { 1 } }"

    result = run("--project", ROOT, "query", "-", "-o", tmp_path / "a.csv", stdin=text)

    assert result.exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == b"a\r\n1\r\n"


def test_an_unknown_query_gets_the_nearest(run: Run) -> None:
    result = run("--project", ROOT, "query", "body-responsibilites")

    assert result.exit_code == 2
    assert "Did you mean `body-responsibilities`?" in result.stderr


def test_an_assignment_without_an_equals_sign_is_told_of(run: Run) -> None:
    result = run("--project", ROOT, "query", "claims", "--set", "body")

    assert result.exit_code == 2
    assert "NAME=VALUE" in result.stderr


def test_a_query_that_does_not_parse_leaves_with_2(run: Run) -> None:
    result = run("--project", ROOT, "query", "-", stdin="SELECT ?a WHERE {")

    assert result.exit_code == 2
    assert "standard input:1:" in result.stderr


def test_a_result_that_cannot_be_written_leaves_with_2(run: Run, tmp_path: Path) -> None:
    result = run("--project", ROOT, "query", "parties", "-o", tmp_path / "none" / "a.csv")

    assert result.exit_code == 2
    assert "can't write" in result.stderr


def test_build_writes_the_site_and_says_where_and_how_much(run: Run, tmp_path: Path) -> None:
    result = run("--project", ROOT, "build", "--out", tmp_path / "site")

    assert result.exit_code == 0
    assert str(tmp_path / "site" / "index.html") in result.stderr
    assert "KH Turva" in (tmp_path / "site" / "toimielin" / "kh-turva.html").read_text("utf-8")


def test_build_stops_at_a_violation_and_leaves_the_old_site(
    run: Run, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(BODY)
    out = tmp_path / "site"
    assert run("--project", project.root, "build", "--out", out).exit_code == 0
    before = (out / "index.html").read_bytes()
    (project.data / "bad.ttl").write_text(PREFIXES + "body:b a kyt:Forum .\n")

    result = run("--project", project.root, "--lang", "en", "build", "--out", out)

    assert result.exit_code == 1
    assert "data/bad.ttl:6:1: violation: body:b" in result.stdout
    assert "not written" in result.stderr
    assert (out / "index.html").read_bytes() == before


def test_force_builds_in_spite_of_violations_and_every_page_says_so(
    run: Run, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(BODY + "body:b a kyt:Forum .\n")
    out = tmp_path / "site"

    assert run("--project", project.root, "build", "--out", out, "--force").exit_code == 0

    pages = list(out.glob("*.html")) + list(out.glob("toimielin/*.html"))
    assert len(pages) > 3
    for page in pages:
        assert "class=alarm" in page.read_text("utf-8"), page


def test_with_the_texts_a_page_shows_the_passage_and_without_them_only_the_place(
    run: Run, make_project: MakeProject, tmp_path: Path
) -> None:
    text = normalise("A-foorumi kokoontuu usein.")
    start, end = text.find("kokoontuu usein")[0]
    project = make_project(
        BODY
        + f"""\
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix place: <https://w3id.org/kytkos/id/place/> .
@prefix source: <https://w3id.org/kytkos/id/source/> .
@prefix statement: <https://w3id.org/kytkos/id/statement/> .
source:s a kyt:SourceDocument ; skos:prefLabel "S"@fi ; kyt:fileName "s.txt" .
place:p a kyt:SourcePlace ; oa:hasSource source:s ; kyt:sectionPath "1" ;
    kyt:start {start} ; kyt:end {end} ; kyt:digest "{text.digest(start, end)}" .
statement:t a kyt:Statement ; skos:prefLabel "T"@fi ; kyt:concerns body:a ; kyt:statedAt place:p .
"""
    )
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "s.txt").write_text(text.raw, encoding="utf-8")
    build = ("--project", project.root, "build", "--force")

    run(*build, "--out", tmp_path / "with", "--sources", tmp_path / "texts")
    run(*build, "--out", tmp_path / "without")

    passage = text.raw[text.offsets[start] : text.offsets[end - 1] + 1]
    with_text = (tmp_path / "with" / "lahde" / "s.html").read_text("utf-8")
    assert f"<q class=passage>{passage}</q>" in with_text
    assert "passage" not in (tmp_path / "without" / "lahde" / "s.html").read_text("utf-8")

    (tmp_path / "texts" / "s.txt").write_text("A-foorumi kokoontuu.", encoding="utf-8")
    run(*build, "--out", tmp_path / "lost", "--sources", tmp_path / "texts")
    assert "Tekstiä ei enää ole" in (tmp_path / "lost" / "tarkistus.html").read_text("utf-8")


def test_a_target_that_holds_other_files_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")

    result = run("--project", ROOT, "build", "--out", tmp_path / "mine")

    assert result.exit_code == 2
    assert "not ours" in result.stderr
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys, kytkos.cli; "
        "heavy = {'rdflib', 'pyshacl', 'networkx', 'jinja2', 'pyoxigraph', 'SPARQLWrapper'}; "
        "print(sorted(heavy & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )

    assert loaded.stdout.strip() == "[]"


RUN = [sys.executable, "-c", "from kytkos.cli import run; run()"]


def test_a_process_writes_all_before_it_leaves(run: Run, make_project: MakeProject) -> None:
    project = str(make_project(BODY.replace("Forum A", "Forum A ")).root)
    expected = run("--project", project, "check", "--format", "json")

    done = subprocess.run(
        [*RUN, "--project", project, "check", "--format", "json"], capture_output=True, check=False
    )

    assert done.stdout.decode() == expected.stdout
    assert done.returncode == expected.exit_code == 1
    assert subprocess.run([*RUN, "chekc"], capture_output=True, check=False).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_told_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*RUN, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)

    assert done.returncode == 2
    assert done.stderr.decode().startswith("error: can't write")
    assert "Traceback" not in done.stderr.decode()


def test_a_large_check_says_what_it_is_doing(
    run: Run, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("kytkos.cli.check")
    monkeypatch.setattr(module, "_MUCH_MB", 0)

    result = run("--project", make_project(BODY).root, "check", "--no-cache")

    assert "reading 0 MB\nchecking" in result.stderr

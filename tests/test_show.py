import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kytkos import inflect, show
from kytkos.cli import main
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.sources import normalise
from tests.conftest import MakeProject

AGREEMENT = "2 Kokoukset\n\nTurvafoorumi kokoontuu kaksi kertaa vuodessa.\n"

TURTLE = """\
@prefix act: <https://w3id.org/kytkos/scheme/act/> .
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix basis: <https://w3id.org/kytkos/scheme/basis/> .
@prefix identifier: <https://w3id.org/kytkos/id/identifier/> .
@prefix kunta: <https://w3id.org/kytkos/id/kunta/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix place: <https://w3id.org/kytkos/id/place/> .
@prefix provision: <https://w3id.org/kytkos/id/provision/> .
@prefix source: <https://w3id.org/kytkos/id/source/> .
@prefix version: <https://w3id.org/kytkos/id/version/> .

source:x a kyt:SourceDocument ;
    skos:prefLabel "Sopimus 13.4.2026"@fi , "Avtal 13.4.2026"@sv , "Agreement"@en ;
    kyt:fileName "sopimus.txt" .

version:x a kyt:AgreementVersion ;
    skos:prefLabel "Yhteistyösopimus"@fi , "Samarbetsavtal"@sv , "Cooperation agreement"@en .

body:turvafoorumi a kyt:Forum ;
    skos:prefLabel "Turvafoorumi"@fi , "Säkerhetsforum"@sv , "Safety forum"@en ;
    skos:altLabel "KH Turva"@fi .

kunta:433 a kyt:Municipality ;
    skos:prefLabel "Lopen kunta"@fi , "Loppi kommun"@sv , "Municipality of Loppi"@en ;
    skos:altLabel "Loppi"@fi ;
    skos:notation "433" ;
    adms:identifier identifier:0150919-1 .

identifier:0150919-1 a adms:Identifier ;
    skos:notation "0150919-1" .

provision:x-kokoontuu a kyt:Obligation ;
    kyt:inVersion version:x ;
    kyt:binds body:turvafoorumi ;
    kyt:act act:meet ;
    kyt:atLeast 2 ;
    kyt:basis basis:stated ;
    kyt:statedAt place:x-2 .

provision:x-nimi a kyt:Naming ;
    kyt:inVersion version:x ;
    kyt:concerns body:turvafoorumi ;
    kyt:name "Turvallisuuspöytä"@fi ;
    kyt:basis basis:inferred ;
    kyt:reason "Sama kokoonpano."@fi , "Samma sammansättning."@sv , "The same members."@en ;
    dcterms:date "2026-11-22"^^xsd:date .

place:x-2 a kyt:SourcePlace ;
    oa:hasSource source:x ;
    kyt:sectionPath "2" ;
"""


@pytest.fixture
def tiny(make_project: MakeProject) -> Project:
    text = normalise(AGREEMENT)
    [(start, end)] = text.find("Turvafoorumi kokoontuu kaksi kertaa vuodessa.")
    span = f'kyt:start {start} ; kyt:end {end} ; kyt:digest "{text.digest(start, end)}" .\n'
    return make_project(TURTLE + span)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "sopimus.txt").write_text(AGREEMENT, encoding="utf-8")
    return folder


def run(project: Project, *arguments: str, lang: str = "fi") -> Result:
    return CliRunner().invoke(
        main, ["--project", str(project.root), "--lang", lang, "show", *arguments]
    )


def test_a_thing_is_shown_with_its_claims_by_version_and_their_places(tiny: Project) -> None:
    result = run(tiny, "Turvafoorumi")

    assert result.exit_code == 0
    assert result.stdout == (
        "Turvafoorumi\n"
        "Foorumi  body:turvafoorumi  data/things.ttl:25:1\n"
        "Muut nimet: KH Turva; Safety forum; Säkerhetsforum; Turvallisuuspöytä\n"
        "\n"
        "Yhteistyösopimus\n"
        "  Nimitys – nimi lähteessä: Turvallisuuspöytä [provision:x-nimi]\n"
        "      päätelty: Sama kokoonpano.\n"
        "  Velvoite – velvoittaa: Turvafoorumi; teko: Kokoontuminen; vähintään: 2 "
        "[provision:x-kokoontuu]\n"
        "      Sopimus 13.4.2026, 2\n"
    )


def test_with_the_sources_the_passage_stands_under_its_claim(tiny: Project, folder: Path) -> None:
    result = run(tiny, "Turvafoorumi", "--sources", str(folder))

    assert result.stdout.endswith(
        "      Sopimus 13.4.2026, 2\n        ”Turvafoorumi kokoontuu kaksi kertaa vuodessa.”\n"
    )


def test_a_passage_that_has_changed_is_not_quoted(tiny: Project, folder: Path) -> None:
    changed = AGREEMENT.replace("kaksi", "kolme")
    (folder / "sopimus.txt").write_text(changed, encoding="utf-8")

    assert "”" not in run(tiny, "Turvafoorumi", "--sources", str(folder)).stdout


def test_a_source_that_is_missing_is_named_and_the_rest_shown(
    tiny: Project, tmp_path: Path
) -> None:
    result = run(tiny, "Turvafoorumi", "--sources", str(tmp_path))

    assert result.exit_code == 0
    assert "sopimus.txt: error: there is no such file" in result.stderr
    assert "Sopimus 13.4.2026, 2" in result.stdout


@pytest.mark.parametrize(
    ("lang", "kind", "heading"),
    [("sv", "Forum", "Samarbetsavtal"), ("en", "Forum", "Cooperation agreement")],
)
def test_the_language_is_that_of_the_reader(
    tiny: Project, lang: str, kind: str, heading: str
) -> None:
    lines = run(tiny, "body:turvafoorumi", lang=lang).stdout.splitlines()

    assert lines[1].startswith(kind)
    assert heading in lines


def test_json_has_all_that_the_text_has(tiny: Project, folder: Path) -> None:
    result = run(tiny, "Turvafoorumi", "--format", "json", "--sources", str(folder))

    shown = json.loads(result.stdout)
    naming, obligation = shown["groups"][0]["claims"]
    assert shown["curie"] == "body:turvafoorumi"
    assert (naming["inferred"], naming["reason"]) == (True, "Sama kokoonpano.")
    assert obligation["places"][0]["passage"] == "Turvafoorumi kokoontuu kaksi kertaa vuodessa."


@pytest.mark.parametrize(
    ("term", "curie"),
    [
        ("https://w3id.org/kytkos/id/body/turvafoorumi", "body:turvafoorumi"),
        ("body:turvafoorumi", "body:turvafoorumi"),
        ("433", "kunta:433"),
        ("0150919-1", "kunta:433"),
        ("FI01509191", "kunta:433"),
        ("identifier:0150919-1", "kunta:433"),
        ("loppi", "kunta:433"),
        ("Lopen", "kunta:433"),
        ("Lopella", "kunta:433"),
        ("KH Turvan", "body:turvafoorumi"),
        ("Turvallisuuspöytä", "body:turvafoorumi"),
        ("turvafoorumille", "body:turvafoorumi"),
        ("Safety forum", "body:turvafoorumi"),
    ],
)
def test_a_thing_is_found_by_any_name(tiny: Project, term: str, curie: str) -> None:
    result = run(tiny, term, "--format", "json")

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["curie"] == curie


def test_an_inflected_name_says_what_it_was_read_as(tiny: Project) -> None:
    assert run(tiny, "Lopen").stderr == "Lopen: Lopen kunta (kunta:433)\n"


def test_a_name_that_nothing_has_leaves_with_2(tiny: Project) -> None:
    result = run(tiny, "Tampereen")

    assert result.exit_code == 2
    assert "nothing is named `Tampereen`" in result.stderr


def test_what_a_version_holds_is_counted(tiny: Project) -> None:
    assert run(tiny, "version:x").stdout.endswith("\nSisältää\n     1  Nimitys\n     1  Velvoite\n")


@pytest.mark.parametrize(
    ("term", "curie"),
    [
        ("KH Turvan", "body:kh-turva"),
        ("turvallisuusfoorumin", "body:kh-turva"),
        ("hyvinvointialueen", "hva:07"),
        ("hyvinvointialueelle", "hva:07"),
        ("Hämeen liitolle", "liitto:05"),
        ("Lopen", "kunta:433"),
        ("Riihimäellä", "kunta:694"),
        ("Jokioisissa", "kunta:169"),
        ("Forssaan", "kunta:061"),
        ("Hausjärvelle", "kunta:086"),
        ("Hyte-kuntakokouksessa", "body:hyte-kuntakokous"),
        ("TYP-johtoryhmässä", "body:typ-johtoryhma"),
        ("aluehallituksen", "organ:kh-aluehallitus"),
        ("3221307-8", "hva:07"),
    ],
)
def test_the_county_is_found_in_inflected_forms(
    county: Project, county_graph: Graph, term: str, curie: str
) -> None:
    iri, _ = show.find(term, county_graph, county.library())

    found = county_graph.prefixes.curie(iri).replace("identifier:3221307-8", "hva:07")
    assert found == curie


def test_a_word_of_many_names_gets_candidates(county: Project, county_graph: Graph) -> None:
    with pytest.raises(QueryError) as caught:
        show.find("kunnan", county_graph, county.library())

    assert "The nearest are: " in caught.value.hint


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("lopen", "loppi"),
        ("riihimäellä", "riihimäki"),
        ("kaupungin", "kaupunki"),
        ("kunnassa", "kunta"),
        ("liitolle", "liitto"),
        ("jokioisten", "jokioinen"),
        ("hallituksen", "hallitus"),
        ("turvallisuuden", "turvallisuus"),
        ("toimenpiteen", "toimenpide"),
        ("laitoksessa", "laitos"),
        ("alueiden", "alue"),
        ("työryhmien", "työryhmä"),
    ],
)
def test_a_form_and_its_name_share_a_stem(form: str, name: str) -> None:
    assert inflect.stems(form) & inflect.stems(name)


@pytest.mark.parametrize(
    ("word", "other"), [("kunta", "kansa"), ("tammela", "tampere"), ("forssa", "foorumi")]
)
def test_other_words_are_no_forms_of_each_other(word: str, other: str) -> None:
    assert inflect.word_likeness(word, other) == 0.0

"""What broken files get: a fault in plain words, at its line, and the rest is read all the same."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kytkos import syntax
from kytkos.cli import main
from kytkos.errors import DataError
from kytkos.graph import load
from kytkos.terms import LANGUAGES, Place

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "broken.toml").read_text(encoding="utf-8"))
_SYNTAX = (HERE.parent / "src/kytkos/syntax.toml").read_text(encoding="utf-8")
TABLE = tomllib.loads(_SYNTAX)["fault"]
PREFIX = "@prefix ex: <https://example.org/> .\n"
THINGS = """\
@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def content(case: dict[str, Any]) -> bytes:
    written: bytes = (
        case["turtle"].encode() if "turtle" in case else case["bytes"].encode("latin-1")
    )
    return written if case.get("alone") else PREFIX.encode() + written


def said(finding: dict[str, Any]) -> str:
    return f"{finding['line']}:{finding['column']} {finding['message']['en']}"


def check(project: Path, *options: str) -> Result:
    result = CliRunner().invoke(main, ["--project", str(project), *options, "check"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def findings(project: Path) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(main, ["--project", str(project), "check", "--format", "json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return result.exit_code, found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_there_are_more_than_a_hundred_kinds() -> None:
    assert len(CASES) > 150
    assert len({content(case) for case in CASES.values()}) == len(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_told_what_is_wrong_and_where(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.ttl").write_bytes(content(CASES[name]))

    with pytest.raises(DataError) as caught:
        load([tmp_path], tmp_path)

    error = caught.value
    assert isinstance(error.place, Place)
    first = f"{error.place.line}:{error.place.column} {error.message}"
    assert first == CASES[name]["says"][0]
    texts = [error.translations[lang] for lang in LANGUAGES]
    assert all(message and hint for message, hint in texts)
    assert len({message for message, _ in texts}) == len(LANGUAGES)


def test_all_of_them_are_found_in_one_check_and_so_is_what_is_wrong_elsewhere(data: Path) -> None:
    for name, case in CASES.items():
        (data / f"{name}.ttl").write_bytes(content(case))
    (data / "whole.ttl").write_text(THINGS + 'body:a a kyt:Forumm ; skos:prefLabel "A"@fi .\n')

    code, found = findings(data.parent)

    assert code == 2
    told: dict[str, list[str]] = {}
    for finding in found:
        if finding["shape"] == "syntax":
            told.setdefault(finding["file"], []).append(said(finding))
    # The other files tell what a prefix stands for: the same fault, with another hint.
    assert told == {f"data/{name}.ttl": case["says"] for name, case in CASES.items()}
    assert ("data/whole.ttl", 4) in {(f["file"], f["line"]) for f in found}


@pytest.mark.parametrize("name", CASES)
def test_as_trig_it_is_a_fault_too_or_it_is_trig(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.trig").write_bytes(content(CASES[name]))

    try:
        load([tmp_path], tmp_path)
        well_formed = True
    except DataError as error:
        well_formed = not error.translations

    assert well_formed == (name in ("trig-in-ttl", "brace"))


def test_every_fault_of_the_table_is_told_of_some_file() -> None:
    told = [line.partition(" ")[2] for case in CASES.values() for line in case["says"]]
    patterns = {re.sub(r"\\{\w+\\}", ".*", re.escape(fault["en"][0])) for fault in TABLE}
    silent = {p for p in patterns if not any(re.fullmatch(p, line, re.DOTALL) for line in told)}
    elsewhere = ["We can't read", "too long", "The Turtle can't be read"]

    assert {p for p in silent if not any(re.escape(words) in p for words in elsewhere)} == set()


@pytest.mark.parametrize(
    "turtle",
    [
        "",
        "# only a comment",
        "\ufeff# a byte order mark at the beginning",
        PREFIX + "ex:a\tex:b\tex:c .\n",
        PREFIX + "ex:a ex:b 1,5 .\n",
        PREFIX + "ex:a ex:b 'single' , '''long''' , \"\"\"say \"it\" \"\"\" .\n",
        PREFIX + 'ex:a ex:b "a\u0000b" .\n',
        PREFIX
        + "PREFIX f: <https://example.org/f/>\n@base <https://example.org/> .\n<a> f:b <#c> .",
        (PREFIX + "ex:a ex:b ex:c ;\n ex:d ex:e .\n").replace("\n", "\r"),
        PREFIX + "ex:a ex:b ex:c ;;; ex:d () , [] ; .\n[] ex:b ex:c .\n( 1 ) ex:b ex:c .\n",
        PREFIX + "ex:a ex:b ex:c\\/d , ex:%20 , ex:1-2 , ex:ä .\n",
    ],
)
def test_what_is_unusual_is_not_broken(tmp_path: Path, turtle: str) -> None:
    (tmp_path / "x.ttl").write_bytes(turtle.encode())

    load([tmp_path], tmp_path)


def test_each_fault_of_a_file_is_told_once_and_the_rest_is_checked(data: Path) -> None:
    (data / "x.ttl").write_text(
        THINGS
        + "body:a a kyt:Forum\n"
        + 'body:b a kyt:Forum ; skos:prefLabel "B .\n'
        + "body:c a kyt:Forumm .\n"
        + "body:d a kyy:Forum ;\n    kyy:x kyy:y .\n"
        + "body:e a kyy:Forum .\n"
        + 'body:f a kyt:Forum ; skos:prefLabel "F"@fi_FI , "x" "y" ; skos:a [ skos:b ; .\n'
        + "body:g a kyt:Forumm .\n"
    )

    _, found = findings(data.parent)

    faults = [said(f) for f in found if f["shape"] == "syntax"]
    assert faults == [
        "5:1 Line 4 has no full stop at its end.",
        "5:41 The text does not end on its line: a quotation mark is missing.",
        "7:10 Nothing declares the prefix kyy:.",
        "10:43 The language tag has an underscore.",
    ]
    undeclared = [(f["line"], f["column"]) for f in found if f["shape"] == "undeclared-class"]
    assert undeclared == [(6, 10), (11, 10)]


def test_what_may_follow_from_a_fault_is_held_back_and_counted(data: Path) -> None:
    names = 'skos:prefLabel "A"@fi , "A"@sv , "A"@en'
    (data / "a.ttl").write_text(THINGS + f"body:a a kyt:Forum ; {names} ; kyt:x body:lost .\n")
    (data / "b.ttl").write_text(THINGS + 'body:lost a kyt:Forum ; skos:prefLabel "L .\n')

    result = check(data.parent)

    assert result.exit_code == 2
    assert "body:lost: " in result.stdout
    assert "nothing-describes" not in result.stdout
    assert "data/b.ttl" in result.stderr
    assert re.search(r"\d+ findings that may follow", result.stderr)


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("fi", "data/x.ttl:5:1: virhe: body:a: Rivin 4 lopusta puuttuu piste. [syntax]"),
        ("sv", "data/x.ttl:5:1: fel: body:a: Rad 4 saknar punkt på slutet. [syntax]"),
        ("en", "data/x.ttl:5:1: violation: body:a: Line 4 has no full stop at its end. [syntax]"),
    ],
)
def test_a_fault_is_told_in_the_language_of_the_reader(data: Path, lang: str, line: str) -> None:
    (data / "x.ttl").write_text(THINGS + "body:a a kyt:Forum\nbody:b a kyt:Forum .\n")

    assert check(data.parent, "--lang", lang).stdout.startswith(f"{line}\n")


def test_other_commands_stop_at_the_first_fault_in_that_language(data: Path) -> None:
    (data / "x.ttl").write_text(THINGS + "body:a a kyt:Forum\nbody:b a kyt:Forum .\n")

    result = CliRunner().invoke(
        main, ["--project", str(data.parent), "--lang", "fi", "query", "parties"]
    )

    assert result.exit_code == 2
    assert result.stderr == (
        "data/x.ttl:5:1: virhe: Rivin 4 lopusta puuttuu piste.\n\n"
        "vihje: Lisää piste rivin 4 loppuun, tai ; jos lause jatkuu.\n"
    )


def test_a_prefix_that_another_file_declares_can_be_copied_from_the_hint(data: Path) -> None:
    (data / "x.ttl").write_text(PREFIX + 'ex:a skos:prefLabel "A"@fi .\n')

    result = check(data.parent, "--lang", "en")

    declaration = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> ."
    assert f"hint: Add at the beginning of the file: {declaration}" in result.stdout


def test_pipes_and_links_that_lead_nowhere_are_told_of_and_nobody_waits(data: Path) -> None:
    os.mkfifo(data / "pipe.ttl")
    (data / "loop.ttl").symlink_to("loop.ttl")
    (data / "nowhere.ttl").symlink_to("none.ttl")
    (data / "folder.ttl").mkdir()
    (data / "folder.ttl" / "x.ttl").write_text(THINGS + "body:a a kyt:Forumm .\n")

    code, found = findings(data.parent)

    assert code == 2
    told = {f["file"]: f["message"]["en"] for f in found if f["shape"] == "syntax"}
    assert told.keys() == {"data/pipe.ttl", "data/loop.ttl", "data/nowhere.ttl"}
    assert "pipe" in told["data/pipe.ttl"]
    assert "leads to itself" in told["data/loop.ttl"]
    assert "leads nowhere" in told["data/nowhere.ttl"]
    assert "data/folder.ttl/x.ttl" in {f["file"] for f in found}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read all")
def test_a_file_that_may_not_be_read_is_told_of(data: Path) -> None:
    (data / "x.ttl").write_text(THINGS)
    (data / "x.ttl").chmod(0)

    code, found = findings(data.parent)

    assert code == 2
    assert "permission denied" in found[0]["message"]["en"]


N = 10_000


@pytest.mark.parametrize(
    ("turtle", "code"),
    [
        ("body:x kyt:y " + "[ kyt:y " * N + "1" + " ]" * N + " .", 1),
        ("body:x kyt:y " + "( " * N + "1" + " )" * N + " .", 1),
        ("body:x kyt:y " + "[ kyt:y " * N + "1" + " ]" * (N - 1) + " .", 2),
        ("body:x kyt:y " + "( " * N + "1" + " )" * (N - 1) + " .", 2),
        ("body:x kyt:y " + "<< " * N, 2),
        ('body:x a kyt:Forum ; skos:prefLabel "' + "ä" * 1_000_000 + '"@fi .', 1),
        ('body:x a kyt:Forum ; skos:prefLabel "' + "ä" * 1_000_000 + '"@fi ;, .', 2),
        ("body:x" + "ä" * 1_000_000 + " a kyt:Forum", 2),
        ("body:x a kyt:Forum ; kyt:y <https://example.org/" + "a" * 1_000_000 + "> .", 1),
        ("".join(f"body:x{n} a kyt:Forum\n" for n in range(2000)), 2),
        ("".join(f'body:x{n} skos:prefLabel "a .\n' for n in range(2000)), 2),
        ("\n" * 200_000 + "body:x a kyt:Forum", 2),
        ("body:x kyt:y " + '"' * 99_999 + " .", 2),
    ],
    ids=range(13),
)
def test_nothing_is_too_deep_too_long_or_too_much(data: Path, turtle: str, code: int) -> None:
    (data / "x.ttl").write_text(THINGS + turtle)

    result = check(data.parent)

    assert result.exit_code == code
    assert result.stdout.startswith("data/x.ttl:")


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"cr-only"}))
def test_of_a_large_file_the_first_fault_is_told_in_its_place(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "_MOST_BYTES", 5)
    monkeypatch.setattr(syntax, "_WINDOW", 200)
    before = "".join(f"<https://example.org/{n}> a ex:Ä .  # comment\n" for n in range(50))
    case, told = content(CASES[name]), CASES[name]["says"][0]
    if case.startswith(PREFIX.encode()):
        line, _, rest = told.partition(":")
        case = PREFIX.encode() + before.encode() + case[len(PREFIX) :]
        told = f"{int(line) + 50}:{rest}"
        told = re.sub(r"(?<=ine )\d+", lambda found: str(int(found[0]) + 50), told)
    (tmp_path / "x.ttl").write_bytes(case)

    with pytest.raises(DataError) as caught:
        load([tmp_path], tmp_path)

    assert isinstance(caught.value, syntax.BrokenFileError)
    assert caught.value.salvage.doubtful is None
    place = caught.value.place
    assert place is not None
    assert f"{place.line}:{place.column} {caught.value.message}" == told


def test_a_text_longer_than_the_parser_holds_is_told_where_it_begins(data: Path) -> None:
    (data / "x.ttl").write_text(THINGS + 'body:a skos:prefLabel "' + "abcd efg\n" * 2_000_000)

    result = check(data.parent, "--lang", "en")

    assert result.exit_code == 2
    assert "data/x.ttl:4:23: violation: " in result.stdout
    assert "over 16 million bytes" in result.stdout

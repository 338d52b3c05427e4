import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from kytkos import sources
from kytkos.cli import main
from kytkos.engines import Oxigraph
from kytkos.errors import SourceError
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.readers import read_text
from kytkos.sources import SourceDocument, SourcePlace, Text, normalise
from tests.conftest import MakeProject

AGREEMENT = """\
1 Osapuolet

Kunta ja liitto sopivat yhteistyöstä näin pitkällä lauseella.

2 Kokoukset

Foorumi kokoontuu 2–3 kertaa vuodessa. Työryhmä kokoontuu 4 kertaa vuodessa.
Osapuolet seuraavat sopimuksen toteutumista vuosittain keväällä.

3 Voimassaolo

Sopimus on voimassa toistaiseksi, ja irtisanomisaika on 6 kuukautta.
"""

QUOTES = {
    "otsikko-1": "1 Osapuolet",
    "osapuolet": "Kunta ja liitto sopivat yhteistyöstä näin pitkällä lauseella.",
    "otsikko-2": "2 Kokoukset",
    "foorumi": "Foorumi kokoontuu 2–3 kertaa vuodessa.",
    "tyoryhma": "Työryhmä kokoontuu 4 kertaa vuodessa.",
    "seuranta": "Osapuolet seuraavat sopimuksen toteutumista vuosittain keväällä.",
    "otsikko-3": "3 Voimassaolo",
    "voimassaolo": "Sopimus on voimassa toistaiseksi",
    "irtisanominen": ", ja irtisanomisaika on 6 kuukautta.",
}

words = st.text(st.sampled_from("abcdehiklmnoprstuvyäöÄÖ"), min_size=2, max_size=12)
sentences = st.lists(words, min_size=2, max_size=12)

# How else an extraction may set the words of a sentence.
SETTINGS: dict[str, Callable[[list[str]], str]] = {
    "bold": lambda ws: f"**{' '.join(ws)}**",
    "bold word": lambda ws: " ".join([f"**{ws[0]}**", *ws[1:]]),
    "list item": lambda ws: f"<ul><li>{' '.join(ws)}</li></ul>",
    "bullet": lambda ws: f"• {' '.join(ws)}",
    "hyphen bullet": lambda ws: f"- {' '.join(ws)}",
    "lines": "\n".join,
    "blank lines": " \r\n\r\n ".join,
    "hyphenation": lambda ws: " ".join(f"{w[:1]}-\n{w[1:]}" for w in ws),
    "no-break space": "\u00a0".join,
    "soft hyphens": lambda ws: " ".join("\u00ad".join(w) for w in ws),
    "zero-width spaces": lambda ws: " ".join("\u200b".join(w) for w in ws),
    "parted accents": lambda ws: " ".join(ws).replace("ä", "a\u0308").replace("ö", "o\u0308"),
    "capitals": lambda ws: " ".join(ws).upper(),
    "link": lambda ws: f"[{' '.join(ws)}](https://example.org/a)",
}


@given(st.text())
def test_normalising_twice_changes_nothing_more(raw: str) -> None:
    once = normalise(raw).normalised

    assert normalise(once).normalised == once


@given(st.text(st.sampled_from("<>/!aÄ1²½２ -–*[](•\u00ad\u0301\u0308´ſǰ\n")))
def test_normalising_twice_changes_nothing_more_of_awkward_signs(raw: str) -> None:
    once = normalise(raw).normalised

    assert normalise(once).normalised == once


@given(st.text())
def test_offsets_rise_within_the_raw_text(raw: str) -> None:
    text = normalise(raw)

    assert len(text.offsets) == len(text.normalised)
    assert list(text.offsets) == sorted(text.offsets)
    assert all(0 <= offset < len(raw) for offset in text.offsets)


@given(sentences, st.sampled_from(sorted(SETTINGS)), st.sampled_from(sorted(SETTINGS)))
def test_a_sentence_is_found_however_it_is_set(ws: list[str], one: str, other: str) -> None:
    first, second = SETTINGS[one](ws), SETTINGS[other](ws)

    text = normalise(f"Alku.\n{first}\nLoppu.")
    found = text.find(second)

    assert found
    assert text.digest(*found[0]) == normalise(second).digest(0, found[0][1] - found[0][0])


@given(
    st.from_regex(r"[0-9]{1,4}", fullmatch=True),
    st.sampled_from(
        [" ", "\n", "\u00a0", "\u2009", "-", "–", " – ", "<br>", "</td><td>", " • ", "*"]
    ),
    st.from_regex(r"[0-9]{1,4}", fullmatch=True),
)
def test_two_numbers_never_become_one(left: str, between: str, right: str) -> None:
    assert normalise(left + between + right).normalised != left + right


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("2–3", "2-3"),
        ("2 - 3", "2-3"),
        ("1 000", "1 000"),
        ("20\u00ad26", "2026"),
        ("10²", "10 2"),
        ("alle <5 v ja >65 v", "alle<5vja>65v"),
        ("<p>Osa</p>", "osa"),
        ("sää­döksen", "säädöksen"),
        ("Straße ﬁ Ⅳ", "strassefiiv"),
    ],
)
def test_normalised(raw: str, normalised: str) -> None:
    assert normalise(raw).normalised == normalised


def test_a_passage_and_its_line_lead_back_to_the_raw_text() -> None:
    text = normalise(AGREEMENT)
    [span] = text.find("työryhmä KOKOONTUU 4 kertaa")

    assert text.passage(*span) == "Työryhmä kokoontuu 4 kertaa"
    assert text.line(span[0]) == 7


def test_a_passage_keeps_the_accent_of_its_last_letter() -> None:
    text = normalise("tyo\u0308tä")

    assert text.passage(0, 3) == "tyo\u0308"


def test_every_place_is_ok_in_the_text_it_was_made_from() -> None:
    assert verdicts(AGREEMENT) == dict.fromkeys(QUOTES, "ok")


def test_a_paragraph_before_moves_every_place_and_loses_none() -> None:
    assert verdicts(f"Uusi kappale.\n\n{AGREEMENT}") == dict.fromkeys(QUOTES, "moved")


def test_a_paragraph_between_moves_what_comes_after_it() -> None:
    new = AGREEMENT.replace("2 Kokoukset", "Väliin lisätty.\n\n2 Kokoukset")

    moved = list(QUOTES)[2:]
    assert verdicts(new) == {k: "moved" if k in moved else "ok" for k in QUOTES}


def test_a_changed_number_loses_its_own_place_only() -> None:
    new = AGREEMENT.replace("4 kertaa", "5 kertaa")

    assert verdicts(new) == dict.fromkeys(QUOTES, "ok") | {"tyoryhma": "lost"}


def test_the_same_words_elsewhere_do_not_stand_in_for_a_changed_passage() -> None:
    new = AGREEMENT.replace("4 kertaa", "5 kertaa") + "Työryhmä kokoontuu 4 kertaa vuodessa.\n"

    check = checks(new)["tyoryhma"]

    assert (check.verdict, check.at, len(check.elsewhere)) == ("ambiguous", None, 1)


def test_a_passage_that_now_stands_twice_is_ambiguous() -> None:
    twice = "Työryhmä kokoontuu 4 kertaa vuodessa. "
    new = AGREEMENT.replace("Työryhmä", "Ja työryhmä") + 2 * twice

    check = checks(new.replace("Ja työryhmä kokoontuu 4", "Ja työryhmä kokoontuu 7"))["tyoryhma"]

    assert (check.verdict, len(check.elsewhere)) == ("ambiguous", 2)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (5, 3), (-1, -1), (0, 10**6), (10**6, 10**6 + 5)]
)
def test_a_span_that_is_none_or_outside_is_lost(start: int, end: int) -> None:
    place = SourcePlace("p", "d", start, end, "0" * 64)

    [check] = sources.check_places([place], normalise(AGREEMENT))

    assert check.verdict == "lost"


def test_another_text_altogether_loses_places_fast() -> None:
    other = " ".join(f"sana{n} ja toinen" for n in range(3000))

    assert "ok" not in verdicts(other).values()


@given(st.randoms(use_true_random=False))
def test_words_may_come_in_any_order_without_a_place_being_made_up(rng: random.Random) -> None:
    shuffled = AGREEMENT.split()
    rng.shuffle(shuffled)
    text = normalise(" ".join(shuffled))

    for check in sources.check_places(places_of(AGREEMENT), text):
        if check.at:
            assert text.digest(*check.at) == check.place.digest


def test_coverage_counts_claims_and_furniture_and_gives_the_gaps() -> None:
    text = normalise(AGREEMENT)
    document = document_of(
        [p for p in places_of(AGREEMENT) if p.iri not in ("seuranta", "otsikko-3")]
    )

    found = sources.coverage(document, sources.check_places(document.places, text), text)

    assert [sources.one_line(text.passage(*gap)) for gap in found.gaps] == [
        "Osapuolet seuraavat sopimuksen toteutumista vuosittain keväällä. 3 Voimassaolo"
    ]
    assert found.furniture == len("1osapuolet") + len("2kokoukset")
    assert 0.6 < found.share < 0.9


def test_a_place_without_a_claim_covers_nothing() -> None:
    text = normalise(AGREEMENT)
    place = SourcePlace("p", "d", 0, 5, text.digest(0, 5))
    document = document_of([place])

    assert sources.coverage(document, sources.check_places([place], text), text).share == 0.0


def test_locate_finds_whole_words_before_parts_of_words() -> None:
    text = normalise("Säännös 70 §. Säännös 7 §.\nLopuksi.")

    assert [text.passage(*span) for span in sources.locate(text, "Säännös 7")] == ["Säännös 7"]


def test_locate_spans_from_one_phrase_to_another() -> None:
    text = normalise(AGREEMENT)

    [span] = sources.locate(text, "Työryhmä kokoontuu … keväällä.")

    assert text.passage(*span).endswith("keväällä.")


def test_several_matches_are_listed_and_one_can_be_chosen() -> None:
    text = normalise(AGREEMENT)
    spans = sources.locate(text, "kertaa vuodessa")

    with pytest.raises(SourceError) as caught:
        sources.choose(text, spans, "kertaa vuodessa", "a.txt", None)

    assert caught.value.message == "a.txt says `kertaa vuodessa` 2 times"
    assert "--nth 2  line 7" in caught.value.hint
    assert sources.choose(text, spans, "kertaa vuodessa", "a.txt", 2) == spans[1]


def test_words_that_are_not_there_get_the_nearest_passage() -> None:
    text = normalise(AGREEMENT)

    with pytest.raises(SourceError) as caught:
        sources.choose(text, [], "Työryhmän kokoontui 4 kertaa vuodessa", "a.txt", None)

    assert "a.txt:7: Työryhmä kokoontuu 4 kertaa vuodessa" in caught.value.hint


def test_a_claim_of_an_old_edition_is_unchanged_or_moved_or_for_a_person() -> None:
    new = AGREEMENT.replace("4 kertaa", "5 kertaa").replace("keväällä.", "keväällä. Lisäys.")

    standings = sources.compare(
        document_of(places_of(AGREEMENT)), normalise(new), normalise(AGREEMENT)
    )

    assert {s.claim: s.verdict for s in standings} == {
        "claim-osapuolet": "unchanged",
        "claim-foorumi": "unchanged",
        "claim-tyoryhma": "review",
        "claim-seuranta": "unchanged",
        "claim-voimassaolo": "moved",
        "claim-irtisanominen": "moved",
    }
    [review] = [s for s in standings if s.verdict == "review"]
    assert review.nearest
    assert normalise(new).passage(*review.nearest) == "Työryhmä kokoontuu 5 kertaa vuodessa."


def test_a_document_is_known_by_file_name_curie_key_label_or_a_part(
    tiny: Project,
) -> None:
    known, graph = tiny_documents(tiny), tiny.graph()

    for name in ("sopimus.txt", "sopimus", "source:x-sopimus", "x-sopimus", "Sopimus 2026", "2026"):
        found = sources.find_document(name, known, graph.prefixes)
        assert found.file_name == "sopimus.txt"
    with pytest.raises(SourceError, match="there is no document `muu`"):
        sources.find_document("muu", known, graph.prefixes)


def test_verify_tells_all_is_well(tiny: Project, folder: Path) -> None:
    result = run(tiny, "verify", folder)

    assert (result.exit_code, result.stdout) == (0, "")
    assert "sopimus.txt: 9 places: 9 ok" in result.stderr


def test_verify_lists_what_moved_and_leaves_with_0(tiny: Project, folder: Path) -> None:
    (folder / "sopimus.txt").write_text(f"Uusi kappale.\n{AGREEMENT}", encoding="utf-8")

    result = run(tiny, "verify", folder)

    assert result.exit_code == 0
    assert result.stdout.count(" moved ") == 9


def test_verify_leaves_with_1_where_a_place_is_lost(tiny: Project, folder: Path) -> None:
    changed = AGREEMENT.replace("6 kuukautta", "12 kuukautta")
    (folder / "sopimus.txt").write_text(changed, encoding="utf-8")

    text, csv, as_json = (
        run(tiny, "verify", folder, *form)
        for form in ((), ("--format", "csv"), ("--format", "json"))
    )

    assert text.exit_code == csv.exit_code == as_json.exit_code == 1
    assert "place:x-irtisanominen" in text.stdout
    assert "claims that need a person: 1" in text.stderr
    assert len(csv.stdout.splitlines()) == 10
    whole = json.loads(as_json.stdout)
    assert whole["counts"] == {"ok": 8, "moved": 0, "lost": 1, "ambiguous": 0}
    assert not whole["ok"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (AGREEMENT.encode("latin-1", "replace"), "the file is not in UTF-8"),
        (AGREEMENT.encode("utf-16"), "the file is in UTF-16, not UTF-8"),
        (b" \n", "the document has no text"),
        (b"%PDF-1.4 damaged", "can't read the PDF"),
        (b"PK\x03\x04 damaged", "can't read the Word document"),
    ],
)
def test_a_document_that_cannot_be_read_is_named_with_its_claims(
    tiny: Project, folder: Path, content: bytes | None, message: str
) -> None:
    if content and content.startswith(b"%PDF"):
        pytest.importorskip("pypdf")
    if content and content.startswith(b"PK"):
        pytest.importorskip("docx")
    path = folder / "sopimus.txt"
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    result = run(tiny, "verify", folder)

    assert result.exit_code == 2
    assert message in result.stderr
    assert "Sopimus 2026: 9 places, 6 claims not re-checked" in result.stderr


class TestAsFindingsOfACheck:
    """`kytkos check --sources`."""

    def check(self, project: Project, *arguments: str) -> tuple[int, str, list[dict[str, Any]]]:
        """Check as JSON; give the exit code, what was said, and what was found of the places."""
        command = ["--project", str(project.root), "--lang", "en", "check", "--format", "json"]
        result = CliRunner().invoke(main, [*command, *arguments])
        assert not isinstance(result.exception, Exception), result.exception
        names = {rule.name for rule in sources.rules()}
        found = json.loads(result.stdout)["findings"] if result.stdout else []
        return result.exit_code, result.stderr, [f for f in found if f["shape"] in names]

    def test_nothing_is_found_where_all_is_well(self, tiny: Project, folder: Path) -> None:
        assert self.check(tiny, "--sources", str(folder))[2] == []

    def test_a_lost_place_is_a_violation_with_its_line(self, tiny: Project, folder: Path) -> None:
        changed = AGREEMENT.replace("6 kuukautta", "12 kuukautta")
        (folder / "sopimus.txt").write_text(changed, encoding="utf-8")

        code, _, (found,) = self.check(tiny, "--sources", str(folder))

        assert code == 1
        assert found["shape"] == "place-lost"
        assert found["severity"] == "violation"
        (data,) = tiny.data.glob("*.ttl")
        line = data.read_text(encoding="utf-8").splitlines()[found["line"] - 1]
        assert line.startswith("place:x-irtisanominen ")
        assert line[found["column"] - 1 :].startswith("kyt:start")
        assert "Claims that rest on it: 1." in found["message"]["en"]
        assert self.check(tiny)[2] == []  # not told from memory, nor kept

    def test_a_place_that_moved_is_told_where_it_is(self, tiny: Project, folder: Path) -> None:
        (folder / "sopimus.txt").write_text(f"Uusi kappale.\n{AGREEMENT}", encoding="utf-8")

        _, _, found = self.check(tiny, "--sources", str(folder))

        assert {(f["shape"], f["severity"]) for f in found} == {("place-moved", "info")}
        assert len(found) == 9

    def test_a_document_that_cannot_be_read(self, tiny: Project, folder: Path) -> None:
        (folder / "sopimus.txt").unlink()

        code, _, (found,) = self.check(tiny, "--sources", str(folder))

        assert (code, found["shape"]) == (1, "document-not-read")
        assert "9 places were not re-checked" in found["message"]["en"]

    def test_a_folder_that_is_not_there(self, tiny: Project, tmp_path: Path) -> None:
        code, said, _ = self.check(tiny, "--sources", str(tmp_path / "nowhere"))

        assert code == 2
        assert "no folder" in said

    def test_an_accepted_place_counts_only_where_it_was_looked_at(
        self, tiny: Project, folder: Path
    ) -> None:
        (folder / "sopimus.txt").unlink()
        (tiny.root / "accepted-findings.toml").write_text(
            '[[finding]]\nshape = "document-not-read"\nfocus_node = "source:x-sopimus"\n'
            'reason = "It is secret."\nauthor = "A. Analyst"\ndate = 2026-11-22\n',
            encoding="utf-8",
        )

        _, said, found = self.check(tiny, "--sources", str(folder))
        assert found == []
        assert "1 accepted" in said
        _, said, _ = self.check(tiny)
        assert "accepted" not in said

        (folder / "sopimus.txt").write_text(AGREEMENT, encoding="utf-8")
        result = CliRunner().invoke(
            main, ["--project", str(tiny.root), "check", "--sources", str(folder)]
        )
        assert "[accepted-finding]" in result.stdout

    @pytest.mark.parametrize("form", ["text", "sarif", "junit", "md", "ttl"])
    def test_each_form_has_them(self, tiny: Project, folder: Path, form: str) -> None:
        (folder / "sopimus.txt").unlink()
        command = ["--project", str(tiny.root), "check", "--format", form]

        told = CliRunner().invoke(main, [*command, "--sources", str(folder)])
        untold = CliRunner().invoke(main, command)

        assert "document-not-read" in told.stdout
        assert "document-not-read" not in untold.stdout

    def test_since_a_revision_only_what_the_data_brought(self, tiny: Project, folder: Path) -> None:
        def git(*arguments: str) -> None:
            person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
            subprocess.run(["git", *person, *arguments], cwd=tiny.root, check=True)

        (folder / "sopimus.txt").write_text(
            AGREEMENT.replace("6 kuukautta", "12 kuukautta"), encoding="utf-8"
        )
        git("init", "--quiet")
        git("add", "--all")
        git("commit", "--quiet", "--message", "Begin")
        since = ("--since", "HEAD", "--sources", str(folder))
        assert self.check(tiny, *since)[2] == []

        (data,) = tiny.data.glob("*.ttl")
        text = data.read_text(encoding="utf-8")
        digest = re.search(r'x-otsikko-1 .*kyt:digest "(\w+)"', text)
        assert digest
        data.write_text(text.replace(digest[1], "0" * 64), encoding="utf-8")

        code, said, (found,) = self.check(tiny, *since)
        assert code == 1
        assert found["shape"] == "place-lost"
        assert "1 new" in said


def test_a_folder_that_is_not_there_is_named(tiny: Project, tmp_path: Path) -> None:
    result = run(tiny, "verify", tmp_path / "nowhere")

    assert result.exit_code == 2
    assert "no folder" in result.stderr


def test_the_folder_may_come_from_the_environment(
    tiny: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYTKOS_SOURCES", str(folder))

    result = CliRunner().invoke(main, ["--project", str(tiny.root), "sources", "verify"])

    assert result.exit_code == 0


def test_a_file_outside_the_folder_is_refused(folder: Path) -> None:
    document = SourceDocument("d", "D", "../secret.txt")

    with pytest.raises(SourceError, match="outside the folder"):
        sources.read_document(folder, document)


def test_coverage_prints_shares_and_gaps(tiny: Project, folder: Path) -> None:
    (folder / "sopimus.txt").write_text(AGREEMENT + "\nLisäys lopussa.\n", encoding="utf-8")

    result = run(tiny, "coverage", folder)
    short = run(tiny, "coverage", folder, "--fail-under", "100")
    whole = json.loads(run(tiny, "coverage", folder, "--format", "json").stdout)

    assert (result.exit_code, short.exit_code) == (0, 1)
    assert "sopimus.txt:14: Lisäys lopussa." in result.stdout
    assert whole["documents"][0]["gaps"][0]["line"] == 14


def test_locate_prints_a_place_that_verifies(tiny: Project, folder: Path) -> None:
    result = run(tiny, "locate", folder, "x-sopimus", "kokoontuu … vuodessa", "--nth", "1")

    assert result.stdout.startswith(
        "place:x-2-kokoontuu-2-3-kertaa a kyt:SourcePlace ;\n"
        "    oa:hasSource source:x-sopimus ;\n"
        '    kyt:sectionPath "2" ;\n'
    )
    data = tiny.data / "things.ttl"
    data.write_text(data.read_text(encoding="utf-8") + result.stdout, encoding="utf-8")
    assert "10 places: 10 ok" in run(tiny, "verify", folder).stderr


def test_compare_takes_a_file_as_the_new_edition(tiny: Project, folder: Path) -> None:
    new = folder / "uusi.txt"
    new.write_text(AGREEMENT.replace("6 kuukautta", "12 kuukautta"), encoding="utf-8")

    result = run(tiny, "compare", folder, "x-sopimus", str(new))

    assert result.exit_code == 1
    assert "on 12 kuukautta" in result.stdout
    assert "5 claims unchanged, 0 moved, 1 for a person to review" in result.stderr


def test_a_missing_library_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setitem(sys.modules, "pypdf", None)

    with pytest.raises(SourceError, match="pypdf, which is not installed") as caught:
        read_text(tmp_path / "a.pdf")

    assert caught.value.hint == 'pip install "kytkos[documents]"'


def test_a_word_document_is_read_with_its_tables(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_paragraph("Foorumi kokoontuu 2–3 kertaa")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "11", "12"
    document.add_paragraph("Loppu.")
    document.save(str(tmp_path / "a.docx"))

    assert normalise(read_text(tmp_path / "a.docx")).normalised == (
        "foorumikokoontuu2-3kertaa11 12loppu."
    )


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    (tmp_path / "a.pdf").write_bytes(small_pdf("Foorumi kokoontuu 2-3 kertaa."))

    assert normalise(read_text(tmp_path / "a.pdf")).normalised == "foorumikokoontuu2-3kertaa."


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfAlku")

    assert read_text(tmp_path / "a.txt") == "Alku"


@pytest.mark.sources
class TestTheRealDocuments:
    """The documents of Kanta-Häme, which the repository does not have."""

    @pytest.fixture
    def real(self) -> Path:
        named = os.environ.get("KYTKOS_SOURCES")
        if not named:
            pytest.skip("KYTKOS_SOURCES names no folder with the source documents")
        return Path(named)

    @pytest.fixture
    def known(self, county: Project, county_graph: Graph) -> tuple[SourceDocument, ...]:
        query = county.library()["places"].text
        return sources.documents(Oxigraph(county_graph).select(query))

    def test_every_place_is_ok(self, real: Path, known: tuple[SourceDocument, ...]) -> None:
        verification = sources.verify(real, known)

        assert verification.errors == {}
        assert [c for c in verification.checks if c.verdict != "ok"] == []

    def test_all_of_every_document_is_claimed_or_furniture(
        self, real: Path, known: tuple[SourceDocument, ...]
    ) -> None:
        verification = sources.verify(real, known)

        gaps = {
            document.file_name: sources.coverage(
                document, verification.of(document), verification.texts[document.iri]
            ).gaps
            for document in known
        }

        assert gaps == {document.file_name: () for document in known}

    def test_no_claim_shows_how_to_reach_a_person(
        self, real: Path, known: tuple[SourceDocument, ...]
    ) -> None:
        verification = sources.verify(real, known)

        shown = [
            check.place.iri
            for document in known
            for check in verification.of(document)
            if check.place.claims
            and re.search(
                r"\(at\)|\w@\w|\bpuh\b",
                verification.texts[document.iri].passage(check.place.start, check.place.end),
            )
        ]

        assert shown == []

    def test_a_changed_number_loses_exactly_the_places_over_it(
        self, real: Path, known: tuple[SourceDocument, ...]
    ) -> None:
        for document in known:
            text = sources.read_document(real, document)
            numbers = list(re.finditer(r"\d+", text.raw))
            for match in numbers[:: max(1, len(numbers) // 8)]:
                changed = str(int(match.group()) + 1).zfill(len(match.group()))
                new = normalise(text.raw[: match.start()] + changed + text.raw[match.end() :])
                over = {p.iri for p in document.places if covers(p, text, match.span())}

                failing = {
                    check.place.iri
                    for check in sources.check_places(document.places, new)
                    if check.at is None
                }

                assert failing == over, (document.file_name, match)

    def test_a_paragraph_before_moves_all_and_loses_none(
        self, real: Path, known: tuple[SourceDocument, ...]
    ) -> None:
        for document in known:
            text = sources.read_document(real, document)
            new = normalise(f"Tämä kappale on uusi, 5 kertaa.\n\n{text.raw}")

            found = {check.verdict for check in sources.check_places(document.places, new)}

            assert found == {"moved"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "sopimus.txt").write_text(AGREEMENT, encoding="utf-8")
    return folder


@pytest.fixture
def tiny(make_project: MakeProject) -> Project:
    text = normalise(AGREEMENT)
    blocks = [
        "@prefix furniture: <https://w3id.org/kytkos/scheme/furniture/> .",
        "@prefix oa: <http://www.w3.org/ns/oa#> .",
        "@prefix place: <https://w3id.org/kytkos/id/place/> .",
        "@prefix provision: <https://w3id.org/kytkos/id/provision/> .",
        "@prefix source: <https://w3id.org/kytkos/id/source/> .",
        'source:x-sopimus a kyt:SourceDocument ; skos:prefLabel "Sopimus 2026"@fi , '
        '"Avtal 2026"@sv , "Agreement 2026"@en ; kyt:fileName "sopimus.txt" .',
    ]
    section = "1"
    for key, quote in QUOTES.items():
        [(start, end)] = text.find(quote)
        section = key[-1] if key.startswith("otsikko") else section
        kind = "kyt:Furniture" if key.startswith("otsikko") else "kyt:SourcePlace"
        furniture = " ; kyt:furnitureKind furniture:heading" if "Furn" in kind else ""
        blocks.append(
            f"place:x-{key} a {kind} ; oa:hasSource source:x-sopimus{furniture} ; "
            f'kyt:sectionPath "{section}" ; kyt:start {start} ; kyt:end {end} ; '
            f'kyt:digest "{text.digest(start, end)}" .'
        )
        if not furniture:
            blocks.append(f"provision:x-{key} a kyt:Clause ; kyt:statedAt place:x-{key} .")
    return make_project("\n".join(blocks) + "\n")


def tiny_documents(project: Project) -> tuple[SourceDocument, ...]:
    query = project.library()["places"].text
    return sources.documents(Oxigraph(project.graph()).select(query))


def run(project: Project, verb: str, folder: Path, *arguments: str) -> Result:
    command = ["--project", str(project.root), "sources", verb, "--sources", str(folder)]
    return CliRunner().invoke(main, [*command, *arguments])


def places_of(raw: str) -> list[SourcePlace]:
    text = normalise(raw)
    places = []
    for key, quote in QUOTES.items():
        [(start, end)] = text.find(quote)
        heading = key.startswith("otsikko")
        places.append(
            SourcePlace(
                iri=key,
                document="d",
                start=start,
                end=end,
                digest=text.digest(start, end),
                furniture="heading" if heading else "",
                claims=() if heading else (f"claim-{key}",),
            )
        )
    return places


def document_of(places: list[SourcePlace]) -> SourceDocument:
    return SourceDocument("d", "Sopimus", "sopimus.txt", tuple(places))


def checks(new: str) -> dict[str, sources.Check]:
    return {c.place.iri: c for c in sources.check_places(places_of(AGREEMENT), normalise(new))}


def verdicts(new: str) -> dict[str, str]:
    return {iri: check.verdict for iri, check in checks(new).items()}


def covers(place: SourcePlace, text: Text, span: tuple[int, int]) -> bool:
    offsets = text.offsets[place.start : place.end]
    return any(span[0] <= offset < span[1] for offset in offsets)


def small_pdf(line: str) -> bytes:
    """Write a PDF of one page with one line."""
    stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer

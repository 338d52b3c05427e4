import random
from itertools import chain

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytkos.graph import to_term
from kytkos.terms import XSD, Term
from kytkos.turtle import RDF, Lines, Written, positions, width

BASE = "https://example.org/base/file"

MESSY = """\
# A comment with "quotes, a <bracket> and a full stop.
@prefix ex: <https://example.org/> .
PREFIX : <https://example.org/default#>
@base <https://example.org/folder/> .
ex:a ex:p ex:b , ex:c ; ; a ex:Class;ex:q "one\\ntwo" .
<rel> :x 5.00,5,.5,5e0,-7,true ; ex:text \"\"\"a "long"
   one. @prefix ex: <https://no.example/> .\"\"\"@fi-FI, 'b'^^ex:type
, '''it's'''^^<http://www.w3.org/2001/XMLSchema#string> .
[ ex:p [ ex:q ( 1 [ ex:r () ] ex:d.e ) ] ] ex:z _:b.1 .
( ex:a ) ex:p ex:a\\,b , ex:%20x , <#frag> , <../up?q> , <> .
@prefix ex: <https://other.example/ns#> .
ex:a ex:p ex:b.ex:a , ex:c.
BASE <https://example.org/ä/>
<ö> <\\u00E4> "\\u00e4\\U0001F600" .
"""

TRIG = """\
@prefix ex: <https://example.org/> .
ex:g { ex:a ex:p ex:b . ex:c ex:p "}" }
GRAPH _:g { ex:d ex:p ( ex:e ) }
{ ex:f ex:p ex:h . }
ex:i ex:p ex:j .
"""

Key = tuple[str, ...]


def canonical(triples: list[tuple[Term, str, Term]]) -> set[str]:
    """Name blank nodes alike in equal graphs."""
    labels: dict[str, ox.BlankNode] = {}

    def node(one: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if one.type == "uri":
            return ox.NamedNode(one.value)
        if one.type == "bnode":
            return labels.setdefault(one.value, ox.BlankNode())
        if one.lang:
            return ox.Literal(one.value, language=one.lang)
        return ox.Literal(one.value, datatype=ox.NamedNode(one.datatype or XSD + "string"))

    dataset = ox.Dataset()
    for subject, predicate, value in triples:
        dataset.add(ox.Quad(node(subject), ox.NamedNode(predicate), node(value)))  # type: ignore[arg-type]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def of_pyoxigraph(text: str, trig: bool = False) -> set[str]:
    kind = ox.RdfFormat.TRIG if trig else ox.RdfFormat.TURTLE
    quads = ox.parse(text.encode(), format=kind, base_iri=BASE)
    return canonical([(to_term(q.subject), q.predicate.value, to_term(q.object)) for q in quads])


def of_scanner(found: list[Written]) -> set[str]:
    return canonical([(one.subject, one.predicate, one.object) for one in found])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_triples_of_a_messy_file_are_those_of_pyoxigraph(line_end: str) -> None:
    text = MESSY.replace("\n", line_end)

    assert of_scanner(list(positions(text, BASE))) == of_pyoxigraph(text)


def test_the_triples_of_a_trig_file_are_those_of_pyoxigraph() -> None:
    assert of_scanner(list(positions(TRIG, BASE))) == of_pyoxigraph(TRIG, trig=True)


def test_a_statement_is_told_by_line_and_column_of_its_three_terms() -> None:
    text = '@prefix ex: <https://example.org/> .\r\n\r\nex:ä ex:p ex:b ;\r\n    ex:q """x\r\ny""" .'
    lines = Lines(text)

    last = list(positions(text))[-1]

    assert lines.at(last.subject_at) == (3, 1)
    assert lines.at(last.predicate_at) == (4, 5)
    assert lines.at(last.object_at) == (4, 10)
    assert lines.line(4) == '    ex:q """x'
    assert lines.offset(4, 10) == last.object_at


def test_with_subjects_named_the_others_are_passed_over() -> None:
    every = list(positions(MESSY, BASE))
    iri = "https://example.org/a"

    some = list(positions(MESSY, BASE, {iri}))

    assert [one for one in some if one.subject.value == iri] == [
        one for one in every if one.subject.value == iri
    ]
    assert len(some) < len(every)


@pytest.mark.parametrize(
    "text",
    [
        "ex:a ex:p ex:b",
        "ex:a <unclosed ex:b . ex:c ex:d ex:e .",
        'ex:a ex:p "open .\nex:b',
        "] ) } ; , . ( [ {",
        "<<ex:a ex:b ex:c>> ex:d ex:e . ex:f ex:g ex:h {| ex:i ex:j |} .",
        "@prefix @base a true ^^ @en",
        "<" * 50_000,
        "(" * 50_000 + ")" * 50_000,
        "[" * 50_000,
        '"' * 50_001,
        "a." * 2_000,
        "\\u12 \\UFFFFFFFF <\\UFFFFFFFF> .",
    ],
)
def test_what_is_not_well_formed_raises_nothing(text: str) -> None:
    list(positions(text))
    list(positions(text, "", {"https://example.org/a"}))


def test_the_statement_after_a_quoted_triple_is_read_again() -> None:
    text = "<x:a> <x:b> <<( <x:c> <x:d> <x:e> )>> .\n<x:f> <x:g> <x:h> ."

    assert [one.object.value for one in positions(text)] == ["x:h"]


def test_a_term_is_as_wide_as_it_is_written() -> None:
    text = 'ex:a.b "long"@en-GB , """two\nlines""" .'

    assert width(text, 0) == len("ex:a.b")
    assert width(text, 7) == len('"long"@en-GB')
    assert width(text, 22) == len('"""two')
    assert width(text, len(text)) == 1


class Writer:
    """Writes terms in one of the ways a person might, and notes where each one stands."""

    def __init__(self, choose: random.Random, trig: bool) -> None:
        self.choose = choose
        self.trig = trig
        self.text = ""
        self.meant: dict[int, Term | None] = {}
        self.namespaces = {"ex": "https://example.org/", "": "https://example.org/d#"}
        self.base = BASE

    def gap(self, *, needed: bool = True) -> None:
        gaps = [" ", "\n", "\r\n", "\t  ", ' # no "end <here .;\n', " #\n\n"]
        self.text += self.choose.choice(gaps if needed else [*gaps, ""])

    def put(self, written: str, meant: Term | None = None) -> None:
        self.meant[len(self.text)] = meant
        self.text += written

    def document(self) -> None:
        for prefix in self.namespaces:
            self.declare(prefix, self.namespaces[prefix])
        for _ in range(self.choose.randint(1, 6)):
            kind = self.choose.random()
            if kind < 0.15:
                namespaces = ["https://example.org/", "https://example.org/d#", "urn:x:y/"]
                self.declare(self.choose.choice(["ex", ""]), self.choose.choice(namespaces))
            elif kind < 0.25:
                self.base = self.choose.choice([BASE, "https://b.example/x/y/"])
                self.text += f"@base <{self.base}> .\n"
            elif kind < 0.4 and self.trig:
                self.graph()
            else:
                self.statement()
                self.gap(needed=False)
                self.text += "."
                self.gap()

    def declare(self, prefix: str, namespace: str) -> None:
        self.namespaces[prefix] = namespace
        form = self.choose.choice(
            ["@prefix {}: <{}> .\n", "PREFIX {}: <{}>\n", "@prefix\t{}:\n<{}>.\r\n"]
        )
        self.text += form.format(prefix, namespace)

    def graph(self) -> None:
        self.text += self.choose.choice(["GRAPH ex:g {", "ex:g{", "{", "_:g {"])
        self.gap(needed=False)
        self.statement()
        self.gap()
        self.text += self.choose.choice(["", "."]) + "}"
        self.gap()

    def statement(self) -> None:
        kind = self.choose.random()
        if kind < 0.15:
            self.brackets(deep=1)
            if self.choose.random() < 0.3:
                return
        elif kind < 0.25:
            self.list_of(deep=1, least=1)
        elif kind < 0.4:
            self.bnode()
        else:
            self.iri()
        self.gap()
        self.properties(deep=1)

    def properties(self, deep: int) -> None:
        for number in range(self.choose.randint(1, 3)):
            if number:
                self.gap()
                self.text += self.choose.choice([";", "; ;"])
                self.gap(needed=False)
            if self.choose.random() < 0.2:
                self.put("a", Term("uri", RDF + "type"))
            else:
                self.iri()
            self.gap()
            for other in range(self.choose.randint(1, 3)):
                if other:
                    self.gap()
                    self.text += ","
                    self.gap(needed=False)
                self.value(deep)
        if self.choose.random() < 0.2:
            self.gap()
            self.text += ";"

    def value(self, deep: int) -> None:
        ways = [self.iri, self.iri, self.bnode, self.literal, self.literal, self.shorthand]
        if deep < 4:
            ways += [lambda: self.brackets(deep + 1), lambda: self.list_of(deep + 1)]
        self.choose.choice(ways)()

    def brackets(self, deep: int) -> None:
        self.put("[")
        self.gap(needed=False)
        self.properties(deep)
        self.gap()
        self.text += "]"

    def list_of(self, deep: int, least: int = 0) -> None:
        count = self.choose.randint(least, 3)
        self.put("(", None if count else Term("uri", RDF + "nil"))
        self.gap(needed=False)
        for _ in range(count):
            self.value(deep)
            self.gap()
        self.put(")", Term("uri", RDF + "nil"))

    def bnode(self) -> None:
        self.put(self.choose.choice(["_:a", "_:b.c", "_:0-x", "_:ä"]))

    def iri(self) -> None:
        kind = self.choose.random()
        if kind < 0.6:
            prefix = self.choose.choice(["ex", ""])
            local, value = self.choose.choice(
                [("a", "a"), ("b.c", "b.c"), ("ö-1", "ö-1"), ("x:y", "x:y"), ("", ""),
                 ("p\\/q", "p/q"), ("%2F", "%2F"), ("7", "7"), ("a\\.", "a.")]
            )  # fmt: skip
            self.put(f"{prefix}:{local}", Term("uri", self.namespaces[prefix] + value))
        elif kind < 0.8:
            self.put("<https://example.org/a>", Term("uri", "https://example.org/a"))
        else:
            folder = self.base.rsplit("/", 1)[0]
            written, value = self.choose.choice(
                [("#f", self.base + "#f"), ("r/s", f"{folder}/r/s"), ("", self.base),
                 ("?q", self.base + "?q"), ("./\\u00e4", f"{folder}/ä")]
            )  # fmt: skip
            self.put(f"<{written}>", Term("uri", value))

    def literal(self) -> None:
        quote = self.choose.choice(['"', "'", '"""', "'''"])
        pieces = ["a", "Häme", " . ", "; ,", "<x>", "# no", "@en", "]", ")", "}", "{"]
        inner = self.choose.choices(pieces, k=self.choose.randint(0, 4))
        escapes = {"\\n": "\n", '\\"': '"', "\\'": "'", "\\\\": "\\", "\\u00e4": "ä"}
        if len(quote) == 3:
            escapes |= {"\n": "\n", "\r\n": "\r\n", f"{quote[0]}x": f"{quote[0]}x"}
        inner += self.choose.choices(list(escapes), k=self.choose.randint(0, 3))
        self.choose.shuffle(inner)
        value = "".join(escapes.get(piece, piece) for piece in inner)
        written = f"{quote}{''.join(inner)}{quote}"
        kind = self.choose.random()
        if kind < 0.3:
            tag = self.choose.choice(["fi", "en-GB"])
            self.put(f"{written}@{tag}", Term("literal", value, tag.lower()))
        elif kind < 0.5:
            datatype = self.namespaces["ex"] + "type"
            self.put(f"{written}^^ex:type", Term("literal", value, datatype=datatype))
        elif kind < 0.6:
            self.put(f"{written} ^^ <{XSD}string>", Term("literal", value))
        else:
            self.put(written, Term("literal", value))

    def shorthand(self) -> None:
        written, kind = self.choose.choice(
            [("5.00", "decimal"), ("-5", "integer"), ("1e3", "double"), (".5E-1", "double"),
             ("+.5", "decimal"), ("true", "boolean"), ("false", "boolean")]
        )  # fmt: skip
        self.put(written, Term("literal", written, datatype=XSD + kind))


@given(st.integers(0, 2**32), st.booleans())
def test_of_any_layout_the_triples_and_their_places_are_found(seed: int, trig: bool) -> None:
    writer = Writer(random.Random(seed), trig)
    writer.document()
    text, meant = writer.text, writer.meant

    found = list(positions(text, BASE))

    assert of_scanner(found) == of_pyoxigraph(text, trig)
    for one in found:
        ends = ((one.subject, one.subject_at), (one.object, one.object_at))
        predicate = (Term("uri", one.predicate), one.predicate_at)
        in_list = one.predicate in (RDF + "first", RDF + "rest")
        for said, at in chain(ends, () if in_list else (predicate,)):
            assert at in meant, text[at : at + 20]
            if said.type != "bnode":
                assert meant[at] == said

    for subject in {one.subject.value for one in found if one.subject.type == "uri"}:
        some = [one for one in positions(text, BASE, {subject}) if one.subject.value == subject]
        assert some == [one for one in found if one.subject.value == subject]

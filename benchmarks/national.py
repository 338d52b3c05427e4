"""Make a graph of all of Finland in Kytkös' own ontology, with faults that are known.

Usage: .venv/bin/python benchmarks/national.py OUT [--triples N] [--seed N] [--faults N]

OUT becomes a project folder: `OUT/data/finland.ttl`, and `OUT/faults.tsv` with the subject and the
shape of each fault that was planted. The 21 counties and their municipalities are the real ones.
All else is made up: agreements, bodies, plans, provisions, sections and places. The same seed gives
the same bytes.
"""

import argparse
import hashlib
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "cv": "http://data.europa.eu/m8g/",
    "dcterms": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "kyt": "https://w3id.org/kytkos/def#",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{
        f"{scheme}": f"https://w3id.org/kytkos/scheme/{scheme}/"
        for scheme in (
            "act", "basis", "clause-type", "direction", "level", "line", "period-kind", "role",
            "status",
        )
    },
    **{
        kind: f"https://w3id.org/kytkos/id/{kind}/"
        for kind in (
            "hva", "kunta", "liitto", "identifier", "agreement", "version", "source", "place",
            "body", "aim", "priority", "goal", "measure", "indicator", "target", "provision",
        )
    },
}  # fmt: skip

Block = list[tuple[str, str]]  # predicates and objects of a subject, as Turtle writes them
Blocks = dict[str, Block]
Sections = list[tuple[int, int]]  # acts of 2021 and their sections
SECTIONS: Sections = [(act, number) for act in range(600, 640) for number in range(1, 11)]
MEASURES_A_VERSION = 40


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality: its names and codes, and those of its county and region."""

    code: str
    fi: str
    sv: str
    county: str
    county_fi: str
    county_sv: str
    county_en: str
    region: str
    region_fi: str


@dataclass
class Nation:
    """A graph in the making: what was written, and the faults in it."""

    rng: random.Random
    triples: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    def write(self, blocks: Blocks) -> Iterator[str]:
        """Write blocks as Turtle."""
        for subject, block in blocks.items():
            self.triples += len(block)
            yield f"{subject} " + " ;\n    ".join(f"{p} {o}" for p, o in block) + " .\n\n"


def municipalities() -> list[Municipality]:
    """Read the municipalities that are in a county, from the lists that `check` compares with."""
    folder = Path(__file__).parents[1] / "queries" / "checks"
    towns = (folder / "municipality-not-as-listed.rq").read_text(encoding="utf-8")
    areas = (folder / "county-not-as-listed.rq").read_text(encoding="utf-8")
    counties = dict(re.findall(r'\(kyt:WellbeingServicesCounty "(\d\d)" (".*")\)', areas))
    regions = dict(re.findall(r'\(kyt:RegionalCouncil "(\d\d)" "(.*?)"', areas))
    return [
        Municipality(
            code, fi, sv, county, *counties[county][1:-1].split('" "'), region, regions[region]
        )
        for code, fi, sv, county, region in re.findall(
            r'\("(\d{3})" "(.*?)" "(.*?)" "(\d\d)" "(\d\d)"\)', towns
        )
        # Helsinki and the municipalities of Åland are in no wellbeing services county.
        if county in counties
    ]


def labels(fi: str, sv: str = "", en: str = "") -> Block:
    """Give a name in three languages."""
    texts = {"fi": fi, "sv": sv or f"{fi} (sv)", "en": en or f"{fi} (en)"}
    return [("skos:prefLabel", f'"{text}"@{lang}') for lang, text in texts.items()]


def date(text: str) -> str:
    """Write a date."""
    return f'"{text}"^^xsd:date'


def business_id(number: int) -> str | None:
    """Give the business ID of a number, with its check digit, where there is one."""
    digits = f"{number:07}"
    rest = sum(w * int(d) for w, d in zip((7, 9, 10, 5, 8, 4, 2), digits, strict=True)) % 11
    return None if rest == 1 else f"{digits}-{(11 - rest) % 11}"


def generate(
    triples: int, seed: int, faults: int, towns: list[Municipality], nation: Nation | None = None
) -> Iterator[str]:
    """Write a nation of about so many triples; `nation` then knows its faults."""
    nation = nation or Nation(random.Random(seed))
    nation.rng.seed(seed)
    for prefix, namespace in sorted(PREFIXES.items()):
        yield f"@prefix {prefix}: <{namespace}> .\n"
    yield "\n"
    counties = sorted({town.county for town in towns})[: max(1, min(21, triples // 2500))]
    towns = [town for town in towns if town.county in counties]
    sections = SECTIONS[: max(20, triples // 100)]
    yield from nation.write(_sections(sections))
    yield from nation.write(_parties(towns))
    number = 0
    while nation.triples < triples or number == 0:
        county = counties[number % len(counties)]
        own = [town for town in towns if town.county == county]
        blocks = _agreement(nation.rng, f"s{number}", county, own, sections)
        # Faults are spread evenly over the agreements.
        size = sum(map(len, blocks.values()))
        while len(nation.faults) < faults * min(1, (nation.triples + size) / triples):
            kinds = list(FAULTS)
            _plant(nation, blocks, f"s{number}", kinds[len(nation.faults) % len(kinds)])
        yield from nation.write(blocks)
        number += 1


def _sections(sections: Sections) -> Blocks:
    blocks: Blocks = {}
    for act in sorted({act for act, _ in sections}):
        blocks[f"<http://data.finlex.fi/eli/sd/2021/{act}>"] = [
            ("a", "eli:LegalResource"),
            *labels(f"Laki {act}"),
            ("skos:notation", f'"{act}/2021"'),
        ]
    for act, number in sections:
        page = f"https://www.finlex.fi/fi/lainsaadanto/2021/{act}#sec_{number}"
        blocks[_section(act, number)] = [
            ("a", "eli:LegalResourceSubdivision"),
            *labels(f"Pykälä {act}-{number}"),
            ("skos:notation", f'"{act}/2021 {number} §"'),
            ("eli:is_part_of", f"<http://data.finlex.fi/eli/sd/2021/{act}>"),
            ("eli:number", f'"{number}"'),
            ("foaf:page", f"<{page}>"),
        ]
    return blocks


def _section(act: int, number: int) -> str:
    return f"<http://data.finlex.fi/eli/sd/2021/{act}/pykala/{number}>"


def _parties(towns: list[Municipality]) -> Blocks:
    blocks: Blocks = {}
    source, origin = "source:rekisteri", 0
    blocks[source] = [
        ("a", "kyt:SourceDocument"),
        *labels("Rekisteri"),
        ("dcterms:issued", date("2026-01-01")),
        ("kyt:fileName", '"rekisteri.txt"'),
    ]
    number = 1_000_000

    def party(subject: str, kind: str, names: Block, code: str, more: Block) -> None:
        nonlocal number, origin
        number += 1
        while (identifier := business_id(number)) is None:
            number += 1
        place = f"place:rekisteri-{identifier}"
        blocks[place] = _place(source, "1", origin)
        origin += 100
        blocks[f"identifier:{identifier}"] = [
            ("a", "adms:Identifier"),
            ("skos:notation", f'"{identifier}"'),
            ("kyt:statedAt", place),
        ]
        blocks[subject] = [
            ("a", kind),
            *names,
            ("skos:notation", f'"{code}"'),
            *more,
            ("adms:identifier", f"identifier:{identifier}"),
        ]

    for town in towns:
        county, region = f"hva:{town.county}", f"liitto:{town.region}"
        if county not in blocks:
            names = labels(town.county_fi, town.county_sv, town.county_en)
            party(county, "kyt:WellbeingServicesCounty", names, town.county, [])
        if region not in blocks:
            names = labels(f"{town.region_fi}n liitto")
            party(region, "kyt:RegionalCouncil", names, town.region, [])
        names = labels(f"{town.fi}, kunta", f"{town.sv}, kommun", f"{town.fi}, municipality")
        inside = [("kyt:inCounty", county), ("kyt:inRegion", region)]
        party(f"kunta:{town.code}", "kyt:Municipality", names, town.code, inside)
    return blocks


def _place(source: str, section: str, start: int) -> Block:
    digest = hashlib.sha256(f"{source} {start}".encode()).hexdigest()
    return [
        ("a", "kyt:SourcePlace"),
        ("oa:hasSource", source),
        ("kyt:sectionPath", f'"{section}"'),
        ("kyt:start", str(start)),
        ("kyt:end", str(start + 80)),
        ("kyt:digest", f'"{digest}"'),
    ]


def _agreement(
    rng: random.Random, key: str, county: str, towns: list[Municipality], sections: Sections
) -> Blocks:
    """Make an agreement of a county with its municipalities: bodies, plan and provisions."""
    blocks: Blocks = {}
    source, version = f"source:{key}", f"version:{key}"
    offset = 0

    def stated() -> tuple[str, str]:
        nonlocal offset
        offset += 100
        place = f"place:{key}-{offset // 100}"
        blocks[place] = _place(source, str(offset // 2000 + 1), offset)
        return ("kyt:statedAt", place)

    def provision(kind: str, *more: tuple[str, str]) -> str:
        subject = f"provision:{key}-{len(blocks)}"
        basis = [("kyt:basis", "basis:stated"), stated()]
        blocks[subject] = [("a", kind), ("kyt:inVersion", version), *more, *basis]
        return subject

    def element(kind: str, name: str, order: int, *more: tuple[str, str]) -> str:
        subject = f"{kind.lower()}:{key}-{name}"
        blocks[subject] = [
            ("a", f"kyt:{kind}"),
            *labels(f"{kind} {key} {name}"),
            ("kyt:inVersion", version),
            ("kyt:order", str(order)),
            *more,
            stated(),
        ]
        return subject

    parties = [f"hva:{county}", f"liitto:{towns[0].region}", *(f"kunta:{t.code}" for t in towns)]
    blocks[f"agreement:{key}"] = [("a", "kyt:Agreement"), *labels(f"Sopimus {key}")]
    blocks[source] = [
        ("a", "kyt:SourceDocument"),
        *labels(f"Asiakirja {key}"),
        ("dcterms:issued", date("2026-04-13")),
        ("kyt:textOf", version),
        ("kyt:fileName", f'"{key}.txt"'),
    ]
    blocks[version] = [
        ("a", "kyt:AgreementVersion"),
        *labels(f"Sopimusversio {key}"),
        ("dcterms:isVersionOf", f"agreement:{key}"),
        ("kyt:status", "status:draft"),
        ("dcterms:issued", date("2026-04-13")),
        ("kyt:hasParty", " , ".join(parties)),
        stated(),
    ]
    for party in parties:
        provision("kyt:Adherence", ("kyt:party", party))
    provision(
        "kyt:LegalBasis",
        ("kyt:concerns", version),
        ("kyt:legalResource", _section(*rng.choice(sections))),
    )
    bodies: list[str] = []
    for number in range(8):
        body = f"body:{key}-{number}"
        bodies.append(body)
        blocks[body] = [
            ("a", rng.choice(["kyt:Forum", "kyt:WorkingGroup", "kyt:Network"])),
            *labels(f"Ryhmä {key} {number}"),
        ]
        about = ("kyt:concerns", body)
        level = ("kyt:level", f"level:{rng.choice(['strategic', 'leadership', 'networks'])}")
        provision("kyt:Placement", about, level)
        per = ("kyt:perPeriod", "period-kind:calendar-year")
        least = ("kyt:atLeast", str(rng.randint(1, 4)))
        provision("kyt:Obligation", ("kyt:binds", body), ("kyt:act", "act:meet"), least, per)
        convener = ("cv:hasParticipant", rng.choice(parties))
        provision("kyt:RoleAssignment", convener, ("cv:role", "role:convener"), about)
        for party in rng.sample(parties, min(4, len(parties))):
            member = ("org:member", party)
            provision(
                "kyt:BodyMembership",
                member,
                ("org:organization", body),
                ("org:role", "role:member"),
            )
        task = provision("kyt:Task", about)
        blocks[task] += labels(f"Tehtävä {key} {number}")
    clause = provision(
        "kyt:Clause", ("kyt:clauseType", "clause-type:validity"), ("kyt:concerns", version)
    )
    blocks[clause] += labels(f"Voimassaolo {key}")
    element("Aim", "tavoitetila", 1)
    order = 1
    for number in range(max(1, MEASURES_A_VERSION // 10)):
        priority = element("Priority", f"painopiste-{number}", order := order + 1)
        main = ("cv:hasParticipant", rng.choice(bodies))
        provision("kyt:RoleAssignment", main, ("cv:role", "role:main"), ("kyt:concerns", priority))
        goal = element("Goal", f"tavoite-{number}", order := order + 1, ("kyt:partOf", priority))
        for inner in range(10):
            name = f"{number}-{inner}"
            part = ("kyt:partOf", goal)
            measure = element("Measure", f"toimenpide-{name}", order := order + 1, part)
            about = ("kyt:concerns", measure)
            for role in ("main", "cooperating"):
                who = ("cv:hasParticipant", rng.choice([*bodies, *parties]))
                provision("kyt:RoleAssignment", who, ("cv:role", f"role:{role}"), about)
            law = ("kyt:legalResource", _section(*rng.choice(sections)))
            provision("kyt:LegalBasis", about, law)
            indicator = element("Indicator", f"mittari-{name}", order := order + 1, part)
            reached = [
                ("kyt:partOf", indicator),
                ("kyt:targetValue", str(rng.randint(1, 10))),
                ("kyt:outOf", "10"),
                ("kyt:direction", "direction:reach"),
                ("kyt:dueFrom", date("2026-01-01")),
                ("kyt:dueBy", date("2027-12-31")),
            ]
            element("Target", f"tavoitearvo-{name}", order := order + 1, *reached)
    return blocks


# --- faults: each changes one block, and names the shape that must speak of it --------------------


def _without(predicate: str, value: str = "") -> Callable[[Block], Block]:
    return lambda block: [(p, o) for p, o in block if p != predicate or value not in o]


def _with(predicate: str, value: str) -> Callable[[Block], Block]:
    return lambda block: [*_without(predicate)(block), (predicate, value)]


def _and(predicate: str, value: str) -> Callable[[Block], Block]:
    return lambda block: [*block, (predicate, value)]


Fault = tuple[str, Callable[[Block], Block]]  # the class of the subject, and what is done to it
FAULTS: dict[str, Fault] = {
    "Named-prefLabelSv": ("kyt:Measure", _without("skos:prefLabel", "@sv")),
    "Named-prefLabelUnique": ("kyt:Goal", _and("skos:prefLabel", '"Toinen nimi"@fi')),
    "PlanElement-inVersion": ("kyt:Indicator", _without("kyt:inVersion")),
    "PlanElement-statedAt": ("kyt:Measure", _with("kyt:statedAt", "place:nosuch")),
    "PlanElement-order": ("kyt:Priority", _with("kyt:order", '"first"')),
    "Measure-partOf": ("kyt:Measure", _with("kyt:partOf", "hva:01")),
    "Target-partOf": ("kyt:Target", _without("kyt:partOf")),
    "Target-targetWithinOutOf": ("kyt:Target", _with("kyt:targetValue", "11")),
    "Target-dueFrom": ("kyt:Target", _with("kyt:dueFrom", date("2029-01-01"))),
    "Target-dueBy": ("kyt:Target", _with("kyt:dueBy", '"vuonna 2027"')),
    "RoleAssignment-hasParticipant": ("kyt:RoleAssignment", _without("cv:hasParticipant")),
    "RoleAssignment-role": ("kyt:RoleAssignment", _with("cv:role", "role:mian")),
    "Concerning-concerns": ("kyt:RoleAssignment", _with("kyt:concerns", "measure:nosuch")),
    "BodyMembership-organization": (
        "kyt:BodyMembership", _with("org:organization", "kunta:nosuch")
    ),
    "LegalBasis-legalResource": ("kyt:LegalBasis", _with("kyt:legalResource", "body:s0-0")),
    "Obligation-atLeast": ("kyt:Obligation", _with("kyt:atLeast", "0")),
    "Obligation-perPeriod": ("kyt:Obligation", _with("kyt:perPeriod", "role:main")),
    "Provision-basis": ("kyt:Adherence", _and("kyt:basis", "basis:inferred")),
    "Placement-concerns": ("kyt:Placement", _with("kyt:concerns", "hva:01")),
    "SourcePlace-span": ("kyt:SourcePlace", _with("kyt:start", "99999999")),
    "SourcePlace-digest": ("kyt:SourcePlace", _with("kyt:digest", '"abc"')),
}  # fmt: skip


def _plant(nation: Nation, blocks: Blocks, key: str, shape: str) -> None:
    kind, change = FAULTS[shape]
    spoilt = {subject for subject, _ in nation.faults}
    fitting = [s for s, b in blocks.items() if ("a", kind) in b and s not in spoilt]
    subject = nation.rng.choice(fitting)
    blocks[subject] = change(blocks[subject])
    nation.faults.append((subject, shape))


def write(out: Path, triples: int, seed: int = 1, faults: int = 42) -> Nation:
    """Write a project folder with a nation."""
    nation = Nation(random.Random(seed))
    (out / "data").mkdir(parents=True, exist_ok=True)
    with (out / "data" / "finland.ttl").open("w", encoding="utf-8") as file:
        for text in generate(triples, seed, faults, municipalities(), nation):
            file.write(text)
    with (out / "faults.tsv").open("w", encoding="utf-8") as file:
        for subject, shape in nation.faults:
            prefix, _, local = subject.partition(":")
            file.write(f"{PREFIXES[prefix]}{local}\t{shape}\n")
    return nation


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--triples", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=42)
    given = parser.parse_args()
    nation = write(given.out, given.triples, given.seed, given.faults)
    print(f"{nation.triples} triples, {len(nation.faults)} faults", file=sys.stderr)


if __name__ == "__main__":
    main()

"""What is owed, what was held, and what is coming."""

from datetime import date

import pytest

from kytkos import calendar
from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.terms import XSD, Term


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

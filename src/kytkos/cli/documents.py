"""The source documents that a project names, and their passages."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kytkos.project import Project
    from kytkos.report import Finding
    from kytkos.sources import SourceDocument


def documents(project: "Project", graph: Any, lang: str) -> "tuple[SourceDocument, ...]":
    """List the source documents, with the places that claims have in them."""
    from kytkos import sources
    from kytkos.engines import Oxigraph
    from kytkos.terms import Term

    query = project.library()["places"].bind({"lang": Term("literal", lang)})
    return sources.documents(Oxigraph(graph).select(query.text, query.name))


def passages(project: "Project", graph: Any, lang: str, folder: Path) -> dict[str, str]:
    """Give the text at each place, by the IRI of the place."""
    from kytkos import sources

    found: dict[str, str] = {}
    for document in documents(project, graph, lang):
        texts = {document.iri: sources.read_document(folder, document)}
        found |= {place.iri: sources.passage_of(place, texts) for place in document.places}
    return found


def place_findings(project: "Project", graph: Any, folder: Path) -> "tuple[Finding, ...]":
    """Re-check each place against the documents of a folder, and give what is found.

    Raises:
        SourceError: there is no such folder.
    """
    from kytkos import sources

    # The labels of the documents are not told, in whatever language they are.
    return tuple(sources.findings(sources.verify(folder, documents(project, graph, "fi"))))

"""A read-only server: the site, a SPARQL endpoint, the stored queries, and the graph's IRIs.

    protocol    what a request asks, and in which form
    workers     processes that answer, and that can be killed
    views       answers for people, as HTML
    app         the addresses

Source: SPARQL 1.1 Protocol; SPARQL 1.1 Service Description.
"""

from kytkos.serve.app import Settings, make_app, run
from kytkos.serve.workers import Limits

__all__ = ["Limits", "Settings", "make_app", "run"]

"""The addresses of the server, and what it answers at each."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import TimeoutError as TooLongError
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from kytkos.errors import OutputError, did_you_mean
from kytkos.serve import workers
from kytkos.serve.protocol import (
    DOCUMENTS,
    GRAPHS,
    TABLES,
    RefusedError,
    asked,
    choose,
    parameters,
    prefers,
)
from kytkos.serve.views import Views
from kytkos.serve.workers import Answer, Limits

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from kytkos.project import Project

NAMESPACE = "https://w3id.org/kytkos"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve: where, with how many workers, and what a request may be and take.

    `body` is in bytes; `waiting` is how many queries may be at work or wait at once.
    """

    host: str = "127.0.0.1"
    port: int = 3030
    workers: int = 4
    limits: Limits = field(default_factory=Limits)
    body: int = 200_000
    waiting: int = 100


class Server:
    """The workers, and the answers that are made of theirs."""

    def __init__(self, project: "Project", site: Path, lang: str, settings: Settings) -> None:
        from multiprocessing import get_context

        from pebble import ProcessPool

        self.project = project
        self.settings = settings
        self.library = project.library()
        self.pages = json.loads((site / "kytkos.json").read_text(encoding="utf-8")).get(
            "things", {}
        )
        self.views = Views(project, lang)
        self.at_work = 0
        self.pool: ProcessPool = ProcessPool(
            max_workers=settings.workers,
            initializer=workers.start,
            initargs=[project.root, settings.limits],
            context=get_context("spawn"),  # a copy of a process with threads may hang
        )

    async def ask(self, work: Callable[..., Answer], *given: Any) -> Answer:
        """Let a worker answer, and kill it where it takes too long.

        Raises:
            RefusedError: 503, where it took too long or too much, or too many wait.
        """
        from pebble import ProcessExpired

        if self.at_work >= self.settings.waiting:
            raise RefusedError(503, "too many queries wait", "Try again in a moment.")
        self.at_work += 1
        seconds = self.settings.limits.seconds
        try:
            task = self.pool.schedule(work, args=list(given), timeout=seconds)
            return await asyncio.wrap_future(task)
        except (TimeoutError, TooLongError) as error:
            message = f"no answer within {seconds:g} s, so the query was stopped"
            hint = "Narrow it, or join its patterns by a shared variable."
            raise RefusedError(503, message, hint) from error
        except ProcessExpired as error:
            raise RefusedError(503, "the query takes too much memory", "Narrow it.") from error
        finally:
            self.at_work -= 1

    async def body_of(self, request: "Request") -> bytes:
        """Read the body of a request, as far as it may go."""
        held = bytearray()
        async for part in request.stream():
            held += part
            if len(held) > self.settings.body:
                raise RefusedError(413, f"the request is longer than {self.settings.body} bytes")
        return bytes(held)

    async def sparql(self, request: "Request") -> "Response":
        """Answer the protocol; without a query, describe the service, or give the page."""
        from starlette.responses import Response

        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"})
        accept = request.headers.get("accept", "")
        try:
            given = dict(parameters(request.url.query))
        except RefusedError as refused:
            return _refused(refused)
        form = given.get("format", "")
        lang = self.views.language(given.get("lang", ""), request.headers)
        text = given.get("query", "")
        others = [*TABLES.values(), *GRAPHS.values()]
        html = form == "html" or (not form and prefers(accept, "text/html", others))
        try:
            body = await self.body_of(request) if request.method == "POST" else b""
            wanted = asked(request.method, request.url.query, _type(request), body)
            if wanted is None:
                if html:
                    return _page(self.views.editor(lang, text, self.library))
                return self.describe(request, accept, form)
            text = wanted.query
            answer = await self.ask(workers.answer, wanted, accept, form)
        except RefusedError as refused:
            if html:
                return _page(self.views.editor(lang, text, self.library, refused), refused.status)
            return _refused(refused)
        if answer.form == "text" and html:
            return _page(self.views.editor(lang, text, self.library, answer), answer.status)
        if answer.form == "html":
            return _page(self.views.editor(lang, text, self.library, answer))
        return _raw(answer, vary="Accept, Accept-Language")

    def describe(self, request: "Request", accept: str, form: str) -> "Response":
        """Describe the service.

        Source: SPARQL 1.1 Service Description, section 3.
        """
        import pyoxigraph as ox

        offers = {name: media for name, media in GRAPHS.items() if name != "html"}
        chosen = choose(accept, form, offers)
        described = self.views.description(str(request.url.replace(query="")))
        body = described.encode()
        if chosen != "turtle":
            formats = {
                "ntriples": ox.RdfFormat.N_TRIPLES,
                "rdfxml": ox.RdfFormat.RDF_XML,
                "jsonld": ox.RdfFormat.JSON_LD,
            }
            triples = [q.triple for q in ox.parse(described, format=ox.RdfFormat.TURTLE)]
            body = ox.serialize(triples, format=formats[chosen]) or b""
        return _raw(Answer(chosen, GRAPHS[chosen], body), vary="Accept")

    async def queries(self, request: "Request") -> "Response":
        """List the stored queries."""
        offers = {"json": "application/json", "html": "text/html"}
        try:
            given = dict(parameters(request.url.query))
            lang = self.views.language(given.get("lang", ""), request.headers)
            chosen = choose(request.headers.get("accept", ""), given.get("format", ""), offers)
        except RefusedError as refused:
            return _refused(refused)
        if chosen == "html":
            return _page(self.views.listing(lang, self.library))
        body = json.dumps(self.views.listed(lang, self.library), ensure_ascii=False, indent=1)
        return _raw(Answer("json", offers["json"], f"{body}\n".encode()), vary="Accept")

    async def stored(self, request: "Request") -> "Response":
        """Answer a stored query, with the parameters of the address."""
        name = request.path_params["name"]
        accept = request.headers.get("accept", "")
        offers = TABLES | DOCUMENTS
        html = prefers(accept, "text/html", list(offers.values()))
        lang = "en"
        try:
            given = dict(parameters(request.url.query))
            lang = self.views.language(given.pop("lang", ""), request.headers)
            form = given.pop("format", "")
            if name not in self.library:
                raise RefusedError(
                    404, f"there is no query `{name}`", did_you_mean(name, self.library)
                )
            filled = {key: value for key, value in given.items() if value.strip()}
            answer = await self.ask(workers.stored, name, filled, lang, accept, form)
        except RefusedError as refused:
            if not html:
                return _refused(refused)
            answer = Answer("text", "text/plain", str(refused).encode(), refused.status)
            if refused.status == 404:
                return _page(self.views.listing(lang, self.library, answer), 404)
        if answer.form == "html" or (answer.form == "text" and html):
            shown = self.views.stored(lang, self.library[name], given, answer)
            return _page(shown, answer.status)
        return _raw(answer, vary="Accept, Accept-Language", file=name)

    async def thing(self, request: "Request") -> "Response":
        """Answer for an IRI of the graph: its page, or what is said of it."""
        from starlette.responses import RedirectResponse

        iri = NAMESPACE + request.url.path
        if iri.endswith("/def"):
            iri += "#"
        accept = request.headers.get("accept", "")
        try:
            chosen = choose(accept, request.query_params.get("format", ""), GRAPHS)
            if chosen == "html":
                lang = self.views.language("", request.headers)
                page = self.pages.get(iri)
                folder = "" if lang == "fi" else f"{lang}/"
                where = f"/{folder}{page}" if page else f"/sparql?{_about(iri, lang)}"
                return RedirectResponse(where, 303, {"Vary": "Accept, Accept-Language"})
            answer = await self.ask(workers.described, iri, chosen)
        except RefusedError as refused:
            return _refused(refused)
        return _raw(answer, vary="Accept")


def make_app(project: "Project", site: Path, lang: str, settings: Settings) -> "Starlette":
    """Make the application.

    Args:
        project: whose data, ontology and queries are served.
        site: the folder of its built site.
        lang: of the pages, where the client does not choose.
        settings: the limits, and the host, which tells who may ask.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    server = Server(project, site, lang, settings)

    @asynccontextmanager
    async def alive(_: Starlette) -> Any:
        server.pool.schedule(workers.ready)  # wakes the workers, so that they load
        yield
        server.pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(server.pool.join, 5)

    read = ["GET", "HEAD"]
    routes = [
        Route("/sparql", server.sparql, methods=["GET", "POST", "OPTIONS"]),
        Route("/queries", server.queries, methods=read),
        Route("/queries/{name}", server.stored, methods=read),
        Route("/id/{rest:path}", server.thing, methods=read),
        Route("/scheme/{rest:path}", server.thing, methods=read),
        Route("/def", server.thing, methods=read),
        Mount("/", StaticFiles(directory=site, html=True)),
    ]
    # A page of another site that the name of this machine is made to lead to gets nothing.
    hosts = [*LOOPBACK, "[::1]"] if settings.host in LOOPBACK else ["*"]
    middleware = [
        Middleware(_Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
        Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST", "OPTIONS"]),
    ]
    return Starlette(routes=routes, middleware=middleware, lifespan=alive)


def run(app: "Starlette", settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C.

    Raises:
        OutputError: the port can't be had.
    """
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        message = f"can't listen on {settings.host}:{settings.port}: {error.strerror}"
        hint = f"Choose another port: --port {settings.port + 1}"
        raise OutputError(message, hint=hint) from error
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    ready(f"http://{host}:{listener.getsockname()[1]}/")
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    with suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


class _Headers:
    """Middleware that puts the headers of safety on every answer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        await self.app(scope, receive, partial(self._send, send))

    async def _send(self, send: Any, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            added = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
            message = message | {"headers": [*message["headers"], *added]}
        await send(message)


def _type(request: "Request") -> str:
    return request.headers.get("content-type", "")


def _raw(answer: Answer, vary: str, file: str = "") -> "Response":
    from starlette.responses import Response

    headers = {"Vary": vary}
    if file and answer.form in ("xlsx", "excel-csv"):
        ending = "xlsx" if answer.form == "xlsx" else "csv"
        headers["Content-Disposition"] = f'attachment; filename="{file}.{ending}"'
    if answer.media_type == "text/csv":
        headers["Content-Type"] = "text/csv; charset=utf-8; header=present"
    return Response(answer.body, answer.status, headers, answer.media_type)


def _page(html: str, status: int = 200) -> "Response":
    from starlette.responses import HTMLResponse

    return HTMLResponse(html, status, {"Vary": "Accept, Accept-Language"})


def _refused(refused: RefusedError) -> "Response":
    from starlette.responses import PlainTextResponse

    headers = {"Retry-After": "5"} if refused.status == 503 else {}
    return PlainTextResponse(str(refused), refused.status, headers)


def _about(iri: str, lang: str) -> str:
    query = f"SELECT ?property ?value WHERE {{ <{quote(iri, safe=':/#')}> ?property ?value }}"
    return urlencode({"query": query, "lang": lang, "format": "html"})

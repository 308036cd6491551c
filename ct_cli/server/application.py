"""The application: FastAPI with our routes, our refusals, and the document that is kept in the package."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ct_cli import __version__
from ct_cli.errors import CtError, StoreFull
from ct_cli.server.asked import Asked
from ct_cli.server.doorway import Doorway
from ct_cli.server.pages import json_answer
from ct_cli.server.refusals import NoSuchPage, NotAllowed, NotThisMethod, QueryRefused, Unexpected, refusal, status_of
from ct_cli.server.route import Route
from ct_cli.server.routes import ROUTES
from ct_cli.server.service import Service


def application(service: Service) -> ASGIApp:
    """What uvicorn runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.begin()
        yield
        await service.end()

    app = FastAPI(
        title="ct", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan,
        redirect_slashes=False,
    )  # fmt: skip
    for route in ROUTES:
        app.add_api_route(route.path, _endpoint(service, route), methods=[route.method], include_in_schema=False)
    _add_open_routes(app, service)
    app.add_exception_handler(CtError, _refuses(service))
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(Exception, _refuse_unexpected)
    return Doorway(app, service.options, service.log)


def _endpoint(service: Service, route: Route) -> Callable[[Request], Awaitable[Response]]:
    known = {parameter.name for parameter in route.query}

    async def endpoint(request: Request) -> Response:
        scope = request.scope
        client = request.client
        key = await service.gate.admit(request.headers.get("Authorization", ""), client.host if client else "")
        scope["ct.key_id"] = key.id
        if key.role not in route.roles:
            raise NotAllowed(role=key.role.value)
        for name in request.query_params:
            if name not in known:
                raise QueryRefused(name=f"parameter {name[:40]!r}", reason="it is not known here")
        return await route.run(Asked(request, key, scope["ct.request_id"], service))

    return endpoint


def _add_open_routes(app: FastAPI, service: Service) -> None:
    """What needs no key: whether the server lives, whether it can serve, and what it serves."""

    async def healthy() -> Response:
        return json_answer({"status": "ok"})

    async def ready() -> Response:
        await service.must_be_ready()
        return json_answer({"status": "ok"})

    async def document() -> Response:
        from ct_cli.server.document import kept_document

        return Response(kept_document(), media_type="application/json")

    app.add_api_route("/healthz", healthy, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET"], include_in_schema=False)
    app.add_api_route("/openapi.json", document, methods=["GET"], include_in_schema=False)


def _refuses(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What answers an error of ct's. One that is the server's own trouble is logged in words, which no client sees."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, CtError)
        request_id = request.scope["ct.request_id"]
        if status_of(error) >= 500:
            service.log.trouble(error, request_id)
        if isinstance(error, StoreFull):
            service.writes_refused = True
        return refusal(error, request_id)

    return refuse


async def _refuse_http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: an address or a method that there is not."""
    assert isinstance(error, HTTPException)
    known = NotThisMethod() if error.status_code == 405 else NoSuchPage()
    answer = refusal(known, request.scope["ct.request_id"])
    answer.headers.update(error.headers or {})
    return answer


async def _refuse_unexpected(request: Request, _: Exception) -> Response:
    return refusal(Unexpected(), request.scope["ct.request_id"])

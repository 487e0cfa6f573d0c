"""The portal's only wiring: settings in, one Litestar application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from portal.clock import Clock, utc_now
from portal.database.node import Node, open_node, use_node
from portal.documents.renderer import Renderer
from portal.domain.key_ring import add_key
from portal.keys import open_keys
from portal.pages import citizen, desk, kiosk_api, office
from portal.pages.looks import remembered
from portal.pages.words import FILTERS
from portal.places import STATIC
from portal.rules import read_limits, read_rules, read_session_rules
from portal.settings import Settings, read_settings
from portal.web import metrics, operation
from portal.web.admission import EVERYBODY, admit, doubts_waiting, provide_actor, provide_staff, signed_in, to_settle
from portal.web.assets import Assets
from portal.web.cookies import AnyRequest
from portal.web.csrf import refuse_forged_forms
from portal.web.errors import HANDLERS
from portal.web.frame import Frame, FrameOptions
from portal.web.logs import configure_logs
from portal.web.security import security_headers
from portal.web.services import Services
from portal.web.templates import open_templates
from portal.worker import run_worker

_FORM_BYTES: Final = 64 * 1024
_UPLOAD_SLACK_BYTES: Final = 64 * 1024
"""What a form with a file may weigh beside its file."""


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now, node: Node | None = None) -> Litestar:
    """Build the application. A node that is given stays its owner's to start and stop.

    Raises SettingsError when the environment does not describe a portal that can start.
    """
    settings = settings or read_settings()
    assets = Assets(STATIC)
    services = open_services(settings, clock, node or open_node("portal", settings.database), assets)
    return furnish(lay_routes(assets, settings.upload_max_bytes), services, owns_node=node is None)


def open_services(settings: Settings, clock: Clock, node: Node, assets: Assets) -> Services:
    """Open what handlers are given. Raises SettingsError when a key cannot be used."""
    return Services(
        settings=settings,
        clock=clock,
        node=node,
        keys=open_keys(settings),
        assets=assets,
        rules=read_rules(settings),
        limits=read_limits(settings),
        session_rules=read_session_rules(settings),
        renderer=Renderer(settings.pdf_processes, metrics.documents_waiting),
    )


def lay_routes(assets: Assets, upload_max_bytes: int) -> Litestar:
    """The application before it has any services: its routes, guards and templates."""
    public = Router(path="/", route_handlers=[*operation.ROUTES, *citizen.ROUTES], opt=EVERYBODY)
    uploads = Router(
        path="/",
        route_handlers=citizen.UPLOAD_ROUTES,
        opt=EVERYBODY,
        request_max_body_size=upload_max_bytes + _UPLOAD_SLACK_BYTES,
    )
    return Litestar(
        route_handlers=[public, uploads, *desk.ROUTES, *office.ROUTES, *kiosk_api.ROUTES],
        debug=False,  # whatever the environment says: Litestar's page for programmers shows everything
        guards=[admit, refuse_forged_forms],
        dependencies={
            "services": Provide(_provide_services, sync_to_thread=False),
            "staff": Provide(provide_staff, sync_to_thread=False),
            "actor": Provide(provide_actor, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        include_in_schema=False,
        lifespan=[_run],
        logging_config=None,
        openapi_config=_describe_json(),
        request_max_body_size=_FORM_BYTES,
        template_config=TemplateConfig(instance=_open_templates(assets)),
    )


def furnish(app: Litestar, services: Services, *, owns_node: bool) -> Litestar:
    """Give the application its services, and put the frame around it."""
    app.state = State({"services": services, "owns_node": owns_node})
    options = FrameOptions(
        node=services.node,
        assets=services.assets,
        csrf_key=services.keys.csrf,
        security=security_headers(https=services.settings.secure_cookies),
        trusted_proxies=services.settings.trusted_proxies,
        secure_cookies=services.settings.secure_cookies,
    )
    app.asgi_handler = Frame(app.asgi_handler, options)
    return app


def _provide_services(request: AnyRequest) -> Services:
    services: Services = request.app.state.services
    return services


@asynccontextmanager
async def _run(app: Litestar) -> AsyncIterator[None]:
    """What lives as long as the application serves. Started in this order, stopped in the other one."""
    services: Services = app.state.services
    async with AsyncExitStack() as stack:
        if app.state.owns_node:
            stack.push_async_callback(services.node.stop)
            await services.node.start()
        stack.enter_context(use_node(services.node))
        public_key = services.keys.signing.private.public_key().public_bytes_raw()
        await add_key(public_key, services.settings.node_name, services.now())
        stack.callback(services.renderer.close)
        services.renderer.start()
        if services.settings.worker:
            await stack.enter_async_context(_worker_inside(services))
        yield


@asynccontextmanager
async def _worker_inside(services: Services) -> AsyncIterator[None]:
    """The worker as a task beside the requests; it returns within about two seconds when it is told to stop."""
    stop = asyncio.Event()
    worker = run_worker(services.node, services.settings, services.keys, services.renderer, services.clock, stop)
    task = asyncio.create_task(worker, name="worker")
    try:
        yield
    finally:
        stop.set()
        await task


def serve() -> Litestar:
    """For granian's workers: ``portal.app:serve`` as a factory, configured by the environment."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return create_app(settings)


def _open_templates(assets: Assets) -> JinjaTemplateEngine:
    callables = {"signed_in": signed_in, "doubts_waiting": doubts_waiting, "to_settle": to_settle}
    return open_templates(assets, {**FILTERS, "remembered": remembered}, callables)


def _describe_json() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Citas en línea",
        version="1",
        openapi_router=Router(path="/esquema", route_handlers=[], opt=EVERYBODY),
        render_plugins=[JsonRenderPlugin(path="/")],
    )

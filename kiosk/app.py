"""The kiosk's only wiring: settings in, one Litestar application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.template import TemplateConfig

from kiosk.cipher import open_kiosk_node
from kiosk.clock import MachineClock, machine_clock
from kiosk.cups import Cups
from kiosk.day_sheets import keep_day_sheets
from kiosk.keys import open_key_folder
from kiosk.line import Connect, Line
from kiosk.link import HttpPortal
from kiosk.own_press import OwnPress
from kiosk.pages.admission import CSRF_COOKIE, admit, banner_for, provide_sitting, sitting_for
from kiosk.pages.errors import HANDLERS
from kiosk.pages.routes import ROUTES
from kiosk.print_queue import PrintQueue
from kiosk.services import DeskServices, open_desk_keys
from kiosk.settings import KioskSettings, read_kiosk_settings
from kiosk.sync import Sync
from kiosk.words import FILTERS
from portal.database.node import Node, fetch, use_node
from portal.documents.renderer import Renderer
from portal.places import STATIC
from portal.web.assets import Assets
from portal.web.cookies import AnyRequest
from portal.web.csrf import refuse_forged_forms
from portal.web.frame import Frame, FrameOptions
from portal.web.logs import configure_logs
from portal.web.security import security_headers
from portal.web.templates import open_templates

_FORM_BYTES: Final = 64 * 1024


def create_kiosk_app(
    settings: KioskSettings | None = None,
    *,
    clock: MachineClock = machine_clock,
    node: Node | None = None,
    link: Connect | None = None,
) -> Litestar:
    """Build the application. A node that is given stays its owner's to start and stop; ``link`` opens the line to the
    portal for a token.

    Raises KioskSettingsError when the environment does not describe a kiosk that can start.
    """
    settings = settings or read_kiosk_settings()
    key = open_key_folder(settings).read_database_key
    opened = node or open_kiosk_node(settings.folder / "kiosk.db", key())
    connect, assets = link or partial(HttpPortal, settings.portal), Assets(STATIC)
    services = open_services(settings, clock, opened, connect, assets, Renderer(1))
    return furnish(lay_routes(assets), services, owns_node=node is None)


def open_services(
    settings: KioskSettings, clock: MachineClock, node: Node, link: Connect, assets: Assets, renderer: Renderer
) -> DeskServices:
    """Open what handlers are given. Raises KioskSettingsError when a key cannot be used."""
    folder, line = open_key_folder(settings), Line(link)
    sync, press = Sync(line, clock), OwnPress(renderer, folder)
    return DeskServices(
        settings=settings,
        node=node,
        folder=folder,
        keys=open_desk_keys(folder),
        assets=assets,
        renderer=renderer,
        line=line,
        sync=sync,
        press=press,
        queue=PrintQueue(Cups(settings.printer) if settings.printer else None, press, sync.now),
    )


def lay_routes(assets: Assets) -> Litestar:
    """The application before it has any services: its routes, guards and templates."""
    templates = open_templates(assets, FILTERS, {"banner": banner_for, "sitting": sitting_for})
    return Litestar(
        route_handlers=[*ROUTES],
        debug=False,
        guards=[admit, refuse_forged_forms],
        dependencies={
            "services": Provide(_provide_services, sync_to_thread=False),
            "sitting": Provide(provide_sitting, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        include_in_schema=False,
        lifespan=[_run],
        logging_config=None,
        openapi_config=None,
        request_max_body_size=_FORM_BYTES,
        template_config=TemplateConfig(instance=templates),
    )


def furnish(app: Litestar, services: DeskServices, *, owns_node: bool) -> Litestar:
    """Give the application its services, and put the frame around it."""
    app.state = State({"services": services, "owns_node": owns_node})
    options = FrameOptions(
        node=services.node,
        assets=services.assets,
        csrf_key=services.keys.csrf,
        security=security_headers(https=False, own_frames=True),
        trusted_proxies=(),
        secure_cookies=False,  # the browser is on the same machine
        csrf_cookie=CSRF_COOKIE,
    )
    app.asgi_handler = Frame(app.asgi_handler, options)
    return app


def _provide_services(request: AnyRequest) -> DeskServices:
    services: DeskServices = request.app.state.services
    return services


@asynccontextmanager
async def _run(app: Litestar) -> AsyncIterator[None]:
    """What lives as long as the application serves. Started in this order, stopped in the other one."""
    services: DeskServices = app.state.services
    async with AsyncExitStack() as stack:
        if app.state.owns_node:
            stack.push_async_callback(services.node.stop)
            await services.node.start()
        stack.enter_context(use_node(services.node))
        stack.push_async_callback(services.line.close)
        [state] = await fetch('SELECT "kiosk" FROM "kiosk_state" WHERE "id" = 1')
        if state["kiosk"] is not None:
            await services.line.speak_as(services.folder.read_identity(state["kiosk"]).token)
        stack.callback(services.renderer.close)
        services.renderer.start()
        await stack.enter_async_context(_beside(services.sync.run(), "sync"))
        await stack.enter_async_context(_beside(services.queue.run(), "print queue"))
        sheets = keep_day_sheets(services.line, services.now, services.settings.day_sheet_hour)
        await stack.enter_async_context(_beside(sheets, "day sheets"))
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """What goes on beside the requests: exchanges, printing. Cancelled at the end, which loses nothing."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def serve() -> Litestar:
    """For granian: ``kiosk.app:serve`` as a factory, configured by the environment."""
    settings = read_kiosk_settings()
    configure_logs(settings.log_level)
    return create_kiosk_app(settings)

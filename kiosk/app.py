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
    folder = open_key_folder(settings)
    given = node
    node = node or open_kiosk_node(settings.folder / "kiosk.db", folder.read_database_key())
    line = Line(link or partial(HttpPortal, settings.portal))
    sync, renderer = Sync(line, clock), Renderer(1)
    press = OwnPress(renderer, folder)
    services = DeskServices(
        settings=settings,
        node=node,
        folder=folder,
        keys=open_desk_keys(folder),
        assets=Assets(STATIC),
        renderer=renderer,
        line=line,
        sync=sync,
        press=press,
        queue=PrintQueue(Cups(settings.printer) if settings.printer else None, press, sync.now),
    )
    callables = {"banner": banner_for, "sitting": sitting_for}
    app = Litestar(
        route_handlers=[*ROUTES],
        debug=False,
        guards=[admit, refuse_forged_forms],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "sitting": Provide(provide_sitting, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        include_in_schema=False,
        lifespan=[partial(_run, services, owns_node=given is None)],
        logging_config=None,
        openapi_config=None,
        request_max_body_size=_FORM_BYTES,
        state=State({"services": services}),
        template_config=TemplateConfig(instance=open_templates(services.assets, FILTERS, callables)),
    )
    options = FrameOptions(
        node=node,
        assets=services.assets,
        csrf_key=services.keys.csrf,
        security=security_headers(https=False, own_frames=True),
        trusted_proxies=(),
        secure_cookies=False,  # the browser is on the same machine
        csrf_cookie=CSRF_COOKIE,
    )
    app.asgi_handler = Frame(app.asgi_handler, options)
    return app


@asynccontextmanager
async def _run(services: DeskServices, _: Litestar, *, owns_node: bool) -> AsyncIterator[None]:
    """What lives as long as the application serves. Started in this order, stopped in the other one."""
    async with AsyncExitStack() as stack:
        if owns_node:
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

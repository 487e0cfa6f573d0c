"""The portal's only wiring: settings in, one Litestar application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from portal.clock import Clock, utc_now
from portal.database.node import Node, open_node, use_node
from portal.domain.rules import BookingRules
from portal.keys import open_keys
from portal.pages import citizen
from portal.pages.words import FILTERS
from portal.places import STATIC, TEMPLATES
from portal.settings import Settings, read_settings
from portal.web import operation
from portal.web.assets import Assets
from portal.web.csrf import csrf_token, refuse_forged_forms
from portal.web.errors import HANDLERS
from portal.web.frame import Frame, FrameOptions
from portal.web.logs import configure_logs
from portal.web.security import security_headers
from portal.web.services import Services

_FORM_BYTES: Final = 64 * 1024
_UPLOAD_SLACK_BYTES: Final = 64 * 1024
"""What a form with a file may weigh beside its file."""


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now, node: Node | None = None) -> Litestar:
    """Build the application. A node that is given stays its owner's to start and stop.

    Raises SettingsError when the environment does not describe a portal that can start.
    """
    settings = settings or read_settings()
    keys = open_keys(settings)
    assets = Assets(STATIC)
    given, node = node, node or open_node("portal", settings.database)
    rules = _read_rules(settings)
    services = Services(settings=settings, clock=clock, node=node, keys=keys, assets=assets, rules=rules)

    @asynccontextmanager
    async def run(_: Litestar) -> AsyncIterator[None]:
        if given is None:
            await node.start()
        try:
            with use_node(node):
                yield
        finally:
            if given is None:
                await node.stop()

    uploads = Router(
        path="/",
        route_handlers=citizen.UPLOAD_ROUTES,
        request_max_body_size=settings.upload_max_bytes + _UPLOAD_SLACK_BYTES,
    )
    app = Litestar(
        route_handlers=[*operation.ROUTES, *citizen.ROUTES, uploads],
        guards=[refuse_forged_forms],
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        include_in_schema=False,
        lifespan=[run],
        logging_config=None,
        openapi_config=_describe_json(),
        request_max_body_size=_FORM_BYTES,
        state=State({"services": services}),
        template_config=TemplateConfig(instance=_open_templates(assets)),
    )
    options = FrameOptions(
        node=node,
        assets=assets,
        csrf_key=keys.csrf,
        security=security_headers(https=settings.secure_cookies),
        trusted_proxies=settings.trusted_proxies,
        secure_cookies=settings.secure_cookies,
    )
    app.asgi_handler = Frame(app.asgi_handler, options)
    return app


def serve() -> Litestar:
    """For granian's workers: ``portal.app:serve`` as a factory, configured by the environment."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return create_app(settings)


def _read_rules(settings: Settings) -> BookingRules:
    return BookingRules(
        horizon_days=settings.horizon_days,
        notice=timedelta(minutes=settings.notice_minutes),
        hold=timedelta(minutes=settings.hold_minutes),
        hold_extensions=settings.hold_extensions,
        release_min=timedelta(minutes=settings.release_min_minutes),
        release_max=timedelta(minutes=settings.release_max_minutes),
    )


def _open_templates(assets: Assets) -> JinjaTemplateEngine:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = assets.url
    environment.filters.update(FILTERS)
    engine = JinjaTemplateEngine.from_environment(environment)
    engine.register_template_callable("csrf_token", csrf_token)
    return engine


def _describe_json() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Citas en línea",
        version="1",
        path="/esquema",
        render_plugins=[JsonRenderPlugin(path="/")],
    )

"""What kiosks ask of the portal (ARCHITECTURE, the kiosk): JSON, a bearer token for each kiosk, no cookies."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.di import Provide
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from portal.documents.day_sheet import SHEETS_TITLE, day_sheets_of
from portal.domain.exchange import Answer, PairAnswer, PairRequest, Request
from portal.domain.kiosk_exchange import Terms, answer_request
from portal.domain.kiosk_offer import day_of_sheets, read_offer, sheets_of
from portal.domain.kiosk_questions import (
    DaySheetsAnswer,
    DaySheetsQuestion,
    OfferAnswer,
    OfferQuestion,
    PrintedSheet,
    Refusal,
    RefusalCode,
)
from portal.domain.kiosks import center_of_trusted, pair
from portal.domain.privacy import PRIVACY_VERSION
from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.csrf import WITHOUT_COOKIES
from portal.web.limits import limit_pairing
from portal.web.machine_calls import (
    MACHINE_HANDLERS,
    MESSAGE,
    MOST_BYTES,
    GivenKiosk,
    MachineCall,
    identify_kiosk,
    provide_kiosk,
    refuse,
)
from portal.web.services import GivenServices, Services

PATH: Final = "/api/kiosk/v1"
_JSON: Final = "application/json"


def _refusals(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Refusal, generate_examples=False, description="A code says why")
        for status in (400, 413, 429, *statuses)
    }


def _answers(kind: type[object], *refusals: int) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(kind, generate_examples=False, description="The answer"), **_refusals(*refusals)}


def _takes(message: type[object]) -> dict[str, Any]:
    """The ``opt`` of a route: what it takes; who it is, the token says; no cookie is read."""
    return {**EVERYBODY, **WITHOUT_COOKIES, MESSAGE: message}


@post("/pair", opt=_takes(PairRequest), status_code=200, responses=_answers(PairAnswer, 403), summary="Pair a machine")
async def pair_machine(request: AnyRequest, services: GivenServices, data: JSONBody[PairRequest]) -> Response[bytes]:
    """Make a machine the kiosk that a one-time code stands for; the same request again gets the same answer."""
    await limit_pairing(request, services)
    return _send(await pair(data, services.now()))


@post(
    "/sync",
    opt=_takes(Request),
    guards=[identify_kiosk],
    status_code=200,
    responses=_answers(Answer, 401, 409),
    summary="One exchange: log in, leases and state out",
)
async def sync(services: GivenServices, kiosk: GivenKiosk, data: JSONBody[Request]) -> Response[bytes]:
    """One exchange. The latest request again is answered as before; an older one is stale."""
    return await _exchange(services, kiosk, data)


@post(
    "/claim",
    opt=_takes(Request),
    guards=[identify_kiosk],
    status_code=200,
    responses=_answers(Answer, 401, 409),
    summary="One exchange that claims a seat on the spot",
)
async def claim(services: GivenServices, kiosk: GivenKiosk, data: JSONBody[Request]) -> Response[bytes]:
    """The same exchange; its request carries a claim."""
    if data.claim is None:
        return refuse(RefusalCode.NO_CLAIM, 400)
    return await _exchange(services, kiosk, data)


@post(
    "/offer",
    opt=_takes(OfferQuestion),
    guards=[identify_kiosk],
    status_code=200,
    responses=_answers(OfferAnswer, 401, 403),
    summary="What the portal offers beside what the kiosk holds",
)
async def show_offer(services: GivenServices, kiosk: GivenKiosk, data: JSONBody[OfferQuestion]) -> Response[bytes]:
    """Changes nothing: a time that is shown here is claimed before it is sold."""
    center = await center_of_trusted(kiosk)
    try:
        return _send(await read_offer(center, data, services.now(), services.rules))
    except ValueError:
        return refuse(RefusalCode.MALFORMED, 400)


@post(
    "/day-sheets",
    opt=_takes(DaySheetsQuestion),
    guards=[identify_kiosk],
    status_code=200,
    responses=_answers(DaySheetsAnswer, 401, 403, 503),
    summary="The day sheets of the kiosk's sede, as PDF",
)
async def print_day_sheets(
    services: GivenServices, kiosk: GivenKiosk, data: JSONBody[DaySheetsQuestion]
) -> Response[bytes]:
    """For days without network: a sheet for each consultor with citas."""
    now = services.now()
    center = await center_of_trusted(kiosk)
    day = await day_of_sheets(center, data.day, now)
    if day is None:
        return _send(DaySheetsAnswer(portal_time=now, day=None))
    sheets = []
    # One after the other, so that a large sede does not fill the queue of those who wait for a slip.
    async for consultant, citas in sheets_of(center, day):
        pdf = await services.renderer.day_sheets_pdf(day_sheets_of(citas, SHEETS_TITLE, now))
        sheets.append(PrintedSheet(consultant=consultant, consultant_name=citas[0].consultant_name, content=pdf))
    return _send(DaySheetsAnswer(portal_time=now, day=day, sheets=tuple(sheets)))


async def _exchange(services: Services, kiosk: UUID, request: Request) -> Response[bytes]:
    terms = Terms(services.rules, services.settings.origin, PRIVACY_VERSION)
    return Response(await answer_request(kiosk, request, services.now(), terms), media_type=_JSON)


def _send(answer: msgspec.Struct) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), media_type=_JSON)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    Router(
        path=PATH,
        route_handlers=[pair_machine, sync, claim, show_offer, print_day_sheets],
        dependencies={"kiosk": Provide(provide_kiosk, sync_to_thread=False)},
        exception_handlers=MACHINE_HANDLERS,
        include_in_schema=True,
        request_class=MachineCall,
        request_max_body_size=MOST_BYTES,
        tags=["kiosk"],
    ),
)

"""What kiosks send: JSON, compressed or not, with the kiosk's token; refusals are JSON with a code.

A token says which kiosk it is before the body is read. Bodies are bounded twice: as they arrive, by the router's limit,
and as they unfold, by the same figure.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation
from litestar.types import ExceptionHandlersMap

from portal.database.errors import DatabaseError
from portal.documents.renderer import RendererBusy, RendererClosed
from portal.domain.errors import TooManyAttempts
from portal.domain.kiosk_exchange import StaleRequest
from portal.domain.kiosk_questions import Refusal, RefusalCode
from portal.domain.kiosks import KioskNotTrusted, KioskUnknown, PairingRefused, find_kiosk_by_token
from portal.web.cookies import AnyRequest
from portal.web.errors import tell_wait
from portal.web.limits import limit_wrong_tokens

log = structlog.get_logger("citas.kiosk")

MESSAGE: Final = "message"
"""Under this name a route's ``opt`` says which message it takes."""

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a body, as it arrives and as it unfolds; 300 offline bookings take a quarter of it."""

_GZIP: Final = 31
_SCOPE_KEY: Final = "citas_kiosk"
_LONGEST_TOKEN: Final = 128


class MachineCall(Request[Any, Any, Any]):
    """A request whose body may be compressed by gzip, and is read strictly as the route's message."""

    async def body(self) -> bytes:
        """The body, unfolded. Raises ClientException when it is no gzip, HTTPException (413) when it is too large."""
        folded = await super().body()
        match self.headers.get("content-encoding", "identity").strip().lower():
            case "identity":
                return folded
            case "gzip":
                return _unfold(folded)
            case _:
                raise ClientException(status_code=415)

    async def json(self) -> Any:
        """The message inside. Raises msgspec.DecodeError."""
        return msgspec.json.decode(await self.body(), type=self.route_handler.opt[MESSAGE])


def _unfold(folded: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unfolded = unpacker.decompress(folded, MOST_BYTES + 1)
    except zlib.error:
        raise ClientException from None
    if len(unfolded) > MOST_BYTES:
        raise ClientException(status_code=413)
    if not unpacker.eof or unpacker.unused_data:
        raise ClientException
    return unfolded


async def identify_kiosk(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: which kiosk's token it is, whatever its standing. Raises KioskUnknown, TooManyAttempts."""
    request: AnyRequest = connection  # type: ignore[assignment]  # there are no websockets here
    try:
        request.scope["state"][_SCOPE_KEY] = await find_kiosk_by_token(_token_of(request))
    except KioskUnknown:
        await limit_wrong_tokens(request, request.app.state.services)
        log.warning("kiosk with a wrong token")
        raise


def _token_of(request: AnyRequest) -> str:
    """The bearer token of a request; empty, which is nobody's, when there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" and token.isascii() and len(token) <= _LONGEST_TOKEN else ""


def provide_kiosk(request: AnyRequest) -> UUID:
    """For handlers: the kiosk that ``identify_kiosk`` found."""
    kiosk: UUID = request.scope["state"][_SCOPE_KEY]
    return kiosk


GivenKiosk: TypeAlias = NamedDependency[SkipValidation[UUID]]
"""The annotation of the parameter ``kiosk``."""


def refuse(code: RefusalCode, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A refusal as JSON."""
    content = msgspec.json.encode(Refusal(code=code))
    return Response(content, status_code=status, media_type="application/json", headers=headers)


def _refuses(code: RefusalCode, status: int) -> Callable[[AnyRequest, Exception], Response[bytes]]:
    def answer(_: AnyRequest, __: Exception) -> Response[bytes]:
        return refuse(code, status)

    return answer


def _refuse_http(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals, and ours; what is malformed is not told in detail."""
    if error.status_code >= 500:
        log.error("failure", exc_info=error)
        return refuse(RefusalCode.FAILED, error.status_code)
    return refuse(RefusalCode.TOO_LARGE if error.status_code == 413 else RefusalCode.MALFORMED, error.status_code)


def _refuse_many(request: AnyRequest, error: TooManyAttempts) -> Response[bytes]:
    return refuse(RefusalCode.TOO_MANY, 429, tell_wait(request, error)[1])


def _refuse_away(_: AnyRequest, error: DatabaseError) -> Response[bytes]:
    log.error("database", exc_info=error)
    return refuse(RefusalCode.BUSY, 503, {"retry-after": "5"})


def _refuse_failure(_: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("failure", exc_info=error)
    return refuse(RefusalCode.FAILED, 500)


MACHINE_HANDLERS: Final[ExceptionHandlersMap] = {
    msgspec.DecodeError: _refuses(RefusalCode.MALFORMED, 400),
    HTTPException: _refuse_http,
    KioskUnknown: _refuses(RefusalCode.UNKNOWN_TOKEN, 401),
    KioskNotTrusted: _refuses(RefusalCode.NOT_TRUSTED, 403),
    PairingRefused: _refuses(RefusalCode.NOT_PAIRED, 403),
    StaleRequest: _refuses(RefusalCode.STALE, 409),
    TooManyAttempts: _refuse_many,
    DatabaseError: _refuse_away,
    RendererBusy: _refuses(RefusalCode.BUSY, 503),
    RendererClosed: _refuses(RefusalCode.BUSY, 503),
    Exception: _refuse_failure,
}

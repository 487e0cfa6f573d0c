"""Make this machine a kiosk: the administrator's one-time code, typed here (ARCHITECTURE, rule 14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from kiosk.joining import PairedAlready
from kiosk.link import PairingFailed
from kiosk.pages.admission import ANYBODY
from kiosk.pages.errors import PAIRING_PAGE
from kiosk.pairing import is_unknown, pair_with
from kiosk.services import GivenServices
from kiosk.settings import KioskSettingsError
from kiosk.state import read_status
from kiosk.sync import PortalAway, PortalRefused
from portal.domain.codes import normalise_code
from portal.domain.exchange import Standing
from portal.forms.state import FormState, Mistake
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields

_LONGEST_CODE: Final = 32


@dataclass(frozen=True, slots=True)
class PairingView:
    """``standing`` other than unpaired: this machine was a kiosk, and what it has not sent stays to be handed in."""

    standing: Standing
    form: FormState = field(default_factory=FormState)


@get(PAIRING_PAGE, opt=ANYBODY)
async def show_pairing(services: GivenServices) -> Template | Redirect:
    """The form, for a machine that is no kiosk, a locked one, or one that the portal does not know any more."""
    status = await read_status(await services.now())
    if status.standing is Standing.GOOD and not await is_unknown():
        return Redirect("/", status_code=303)
    return _show(PairingView(status.standing))


@post(PAIRING_PAGE, opt=ANYBODY)
async def take_code(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Pair, hear from the portal for the first time, and lead on to signing in. The same code again does no harm."""
    typed = await read_fields(request)
    status = await read_status(await services.now())
    form = FormState({"codigo": typed.get("codigo", "")[:_LONGEST_CODE]})
    code = normalise_code(form.value("codigo"))
    mistake = "" if code else "missing"
    if code:
        try:
            answer = await pair_with(code, services.folder, services.line.pair)
        except PairedAlready:
            return Redirect("/", status_code=303)
        except PairingFailed:
            mistake = "refused"
        except (PortalAway, PortalRefused):
            mistake = "away"
        except KioskSettingsError:
            mistake = "key"
        else:
            await services.line.speak_as(services.folder.read_identity(answer.kiosk).token)
            await services.sync.exchange()  # without it nobody could sign in; when it fails, the banner says so
            return Redirect("/", status_code=303)
    form = FormState(form.values, (Mistake("codigo", mistake),))
    return _show(PairingView(status.standing, form), HTTP_422_UNPROCESSABLE_ENTITY)


def _show(view: PairingView, status: int = HTTP_200_OK) -> Template:
    return Template("kiosk/pairing.html", context={"page": view}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_pairing, take_code)

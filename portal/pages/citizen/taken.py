"""A time was lost: an ordinary outcome that leads to the nearest times, each one tap away."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from litestar.response import Template
from litestar.status_codes import HTTP_409_CONFLICT

from portal.domain.catalogue import read_catalogue
from portal.domain.slots import Slot, SlotKey
from portal.domain.spanish_dates import local_day
from portal.web import metrics


@dataclass(frozen=True, slots=True)
class TakenView:
    """The time that was lost, and what is near. ``page`` shows all times, ``action`` takes a chosen one by
    ``method``.

    ``ran_out`` says that it had been held and the hold ran out; ``keeps_details`` that what the person typed is kept.
    ``gone`` says that nobody took it: it began meanwhile, or is no longer attended, e.g. because the day was closed.
    """

    wanted: SlotKey
    nearest: tuple[Slot, ...]
    page: str = "/reservar"
    action: str = "/reservar/apartar"
    method: str = "post"
    ran_out: bool = False
    keeps_details: bool = False
    gone: bool = False

    @property
    def all_times(self) -> str:
        """The address of the picker with the day of the lost time."""
        wishes = {
            "servicio": self.wanted.service,
            "sede": self.wanted.center,
            "modalidad": self.wanted.modality.value,
            "fecha": local_day(self.wanted.starts_at).isoformat(),
        }
        return f"{self.page}?{urlencode(wishes)}"


async def show_taken(view: TakenView) -> Template:
    """The page of a lost race, 409; where nothing is near, perhaps the sede sells nothing online for a while."""
    metrics.count(metrics.Outcome.SEAT_TAKEN)
    center = None if view.nearest or view.gone else (await read_catalogue()).center(view.wanted.center)
    paused = center if center is not None and center.is_paused else None
    return Template("citizen/taken.html", context={"taken": view, "paused": paused}, status_code=HTTP_409_CONFLICT)

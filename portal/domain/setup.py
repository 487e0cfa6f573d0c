"""The real starting configuration: sede central, Bolsa de Trabajo, consultores, holidays, districts, seats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from uuid import uuid4

from portal.database.node import fetch, transactional
from portal.domain.districts import load_districts
from portal.domain.first_accounts import SignIn, add_first_accounts
from portal.domain.holidays import load_holidays
from portal.domain.rules import BookingRules
from portal.domain.schedule import Opening, open_seats
from portal.domain.spanish_dates import local_day
from portal.domain.start_words import CENTRAL, CONSULTANT_NAME, JOB_BOARD
from portal.domain.vocabulary import Role

CONSULTANTS = 5
WORKING_DAYS = range(5)  # Monday to Friday
OPENS, CLOSES = time(8, 30), time(16, 30)
LUNCH = (time(13, 0), time(14, 0))


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a set-up added; all zero when everything was there. ``sign_ins`` are told once, and kept nowhere."""

    consultants: int
    holidays: int
    districts: int
    seats: Opening
    sign_ins: tuple[SignIn, ...] = ()


async def set_up(now: datetime, rules: BookingRules) -> SetUp:
    """Load what an installation starts with; what exists stays as people left it. Safe to repeat."""
    holidays = await load_holidays(local_day(now))
    districts = await load_districts()
    consultants = await _add_center_and_staff()
    seats = await open_seats(now, rules)
    # Last, so that nothing can fail between making passwords and telling them.
    return SetUp(consultants, holidays, districts, seats, await add_first_accounts(now))


@transactional
async def _add_center_and_staff() -> int:
    """Add the sede, the service and its consultores to an empty installation; returns how many consultores."""
    if await fetch('SELECT "id" FROM "center" LIMIT 1'):
        return 0
    center, service = uuid4(), uuid4()
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        '"version") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, 0)',
        *(center, CENTRAL.code, CENTRAL.name, CENTRAL.address, CENTRAL.reference, CENTRAL.ubigeo),
        *(CENTRAL.phone, CENTRAL.email, True),
    )
    await fetch(
        'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
        '"position") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 1)',
        *(service, JOB_BOARD.code, JOB_BOARD.name, JOB_BOARD.procedure_code, JOB_BOARD.summary),
        *("\n".join(JOB_BOARD.bring), JOB_BOARD.minutes, True),
    )
    for number in range(1, CONSULTANTS + 1):
        consultant = uuid4()
        await fetch(
            'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
            "\"schedule_version\") VALUES ({}, {}, {}, {}, {}, '', '', {}, 0)",
            *(consultant, f"consultor{number}", CONSULTANT_NAME.format(number=number), Role.CONSULTANT.value),
            *(center, True),
        )
        for weekday in WORKING_DAYS:
            await fetch(
                'INSERT INTO "weekly_hours" ("id", "consultant", "service", "weekday", "opens", "closes", '
                '"allows_virtual", "allows_in_person", "allows_phone") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})',
                *(uuid4(), consultant, service, weekday, OPENS, CLOSES, True, True, True),
            )
            await fetch(
                'INSERT INTO "consultant_break" ("id", "consultant", "weekday", "starts", "ends") '
                "VALUES ({}, {}, {}, {}, {})",
                *(uuid4(), consultant, weekday, *LUNCH),
            )
    return CONSULTANTS

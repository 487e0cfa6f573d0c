"""The office's pages about kiosks in a real browser: they fit a phone, and everybody can use them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Page

from portal.database.node import fetch
from portal.domain.epochs import resume
from portal.domain.exchange import Cancellation, Consent, LeaseView, Person, Sale
from portal.domain.kiosk_exchange import Terms, answer_request
from portal.domain.kiosks import revoke
from portal.domain.rules import BookingRules
from portal.domain.vocabulary import Role
from tests.chromium import DESKTOP, PHONE, NewPage, assert_accessible, assert_fits, take_picture
from tests.desk.staged import StagedDay, staged_day
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import World
from tests.running_portal import RunningPortal
from tests.staffing import add_person

NOW = datetime.now(UTC)
TERMS = Terms(BookingRules(), "http://127.0.0.1", "2026-11")


async def speak(kiosk: HandKiosk, **given: object) -> tuple[LeaseView, ...]:
    now = datetime.now(UTC)
    request = kiosk.request(**{"sent_at": now, **given})
    return kiosk.hear(await answer_request(kiosk.id, request, now, TERMS)).leases


def sell(kiosk: HandKiosk, lease: LeaseView, document: str, names: Iterable[str]) -> None:
    given, first, second = names
    kiosk.write(
        Sale(
            lease=lease.id,
            seat=lease.seat,
            appointment=uuid4(),
            code=lease.code,
            service=lease.service,
            modality="virtual",
            starts_at=lease.starts_at,
            person=Person(
                document_type="01",
                document_number=document,
                given_names=given,
                first_surname=first,
                second_surname=second,
                phone="+51987654321",
            ),
            consent=Consent(privacy_version="2026-11", privacy_accepted_at=NOW),
            sold_by=kiosk.seller,
        ),
        datetime.now(UTC),
    )


async def stage(day: StagedDay) -> tuple[UUID, UUID]:
    """Kiosks of every standing, a displaced cita, somebody with two, an entry to look at: a kiosk and a cita."""
    world = World(day.center, day.service, (day.consultant,))
    kiosk = await add_kiosk(world, "Módulo de la entrada", datetime.now(UTC))
    leases = await speak(kiosk)
    sell(kiosk, leases[-1], "41000001", ("Rosa María", "Ñahui", "Quispe"))
    sell(kiosk, leases[-2], "41000002", ("Julio", "D'Angelo", ""))
    sell(kiosk, leases[-3], "41000002", ("Julio", "D'Angelo", ""))
    kiosk.write(Cancellation(code="AAAAAAAA", cancelled_by=kiosk.seller), datetime.now(UTC))
    await speak(kiosk, sent_at=datetime.now(UTC) - timedelta(minutes=9))
    [row] = await fetch('SELECT "id", "seat" FROM "appointment" WHERE "code" = {}', leases[-1].code)
    await fetch('UPDATE "appointment" SET "seat" = NULL, "displaced" = {} WHERE "id" = {}', *(True, row["id"]))
    await fetch('UPDATE "seat" SET "appointment" = NULL WHERE "id" = {}', row["seat"])
    old = await add_kiosk(world, "Módulo antiguo", datetime.now(UTC))
    await revoke(old.id, datetime.now(UTC))
    await fetch('UPDATE "center" SET "paused_at" = {} WHERE "id" = {}', *(datetime.now(UTC), day.center))
    return kiosk.id, row["id"]


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["360", "1280"])
async def test_kiosks_and_what_they_sold_fit_and_are_accessible(
    new_page: NewPage, running_portal: RunningPortal, browser: Browser, device: object
) -> None:
    assert browser
    page: Page = await new_page(device, running_portal.url)  # type: ignore[arg-type]  # one of the two devices
    width = 360 if device is PHONE else 1280
    async with staged_day(running_portal) as day:
        kiosk, cita = await stage(day)
        chief = await add_person(f"jefa{width}", "Elena Ríos", Role.ADMINISTRATOR, None)
        await day.enter(page, chief)
        for name, address in (
            ("modulos", "/gestion/modulos"),
            ("modulo", f"/gestion/modulos/{kiosk}"),
            ("modulo-baja", f"/gestion/modulos/{kiosk}/baja"),
            ("modulo-nuevo", "/gestion/modulos/nuevo"),
            ("modulo-cupos", f"/gestion/modulos/cupos/{day.center}"),
            ("modulo-espera", f"/gestion/modulos/espera/{day.center}"),
            ("por-reubicar", "/gestion/por-reubicar"),
            ("por-reubicar-horarios", f"/gestion/por-reubicar/{cita}/horarios"),
        ):
            await page.goto(address)
            await assert_accessible(page)
            await assert_fits(page)
            await take_picture(page, f"{name}-{width}")
        await day.enter(page)
        await page.goto("/cuenta/modulo")
        await assert_accessible(page)
        await assert_fits(page)
        await take_picture(page, f"cuenta-modulo-{width}")
        await resume(day.center)
        await revoke(kiosk, datetime.now(UTC))

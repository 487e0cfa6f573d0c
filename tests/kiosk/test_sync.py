"""Exchanges: numbered before they are sent; answers taken once, whole, and only the latest."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from kiosk.changing import cancel_offline
from kiosk.selling import sell
from kiosk.state import read_status, secrets_hold
from kiosk.sync import take_answer
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.catalogue import read_catalogue
from portal.domain.exchange import KeyState, Standing, State
from tests.kiosk.desk import Desk, Killed, everything, killed_at, reopen, state_of
from tests.people import JULIO, MEI, NOW, ROSA


async def test_a_request_is_counted_in_the_file_before_it_is_sent(desk: Desk) -> None:
    first = await desk.ask()
    await reopen(desk)
    second = await desk.ask()
    assert second.number == first.number + 1
    assert second.answered == first.answered == first.number - 1


async def test_only_the_latest_answer_is_taken_and_once(desk: Desk) -> None:
    early = desk.answer(await desk.ask(), leases=(desk.lease(10),))
    late = desk.answer(await desk.ask(), leases=(desk.lease(11),))
    assert not await take_answer(early, desk.now, desk.now)
    assert await take_answer(late, desk.now, desk.now)
    before = await everything()
    assert not await take_answer(late, desk.now, desk.now)
    assert not await take_answer(early, desk.now, desk.now)
    assert await everything() == before


async def test_what_was_not_answered_is_sent_again(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    lost = await desk.ask()
    await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    request = await desk.ask()
    assert request.entries[:1] == lost.entries
    assert (request.applied, request.chain, request.logged, len(request.entries)) == (0, "", 2, 2)
    assert await take_answer(desk.answer(request, applied=1), desk.now, desk.now)
    later = await desk.ask()
    assert later.entries == request.entries[1:]
    assert (later.applied, later.chain) == (1, request.entries[0].hash)


async def test_a_log_that_is_shorter_than_what_was_applied_is_a_fork(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    await desk.hear(applied=3)
    assert (await read_status(desk.now)).standing is Standing.FORKED


async def test_a_revoked_kiosk_learns_it_and_keeps_its_leases_and_log(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    with capture_logs() as told:
        for _ in range(3):
            await desk.hear(standing=Standing.REVOKED, applied=0, kept=0, leases=())
    assert [line["event"] for line in told] == ["standing changed"], "once, not every half minute"
    status = await read_status(desk.now)
    assert (status.standing, status.is_locked, status.unsent) == (Standing.REVOKED, True, 1)


# What the portal tells


async def test_the_reference_is_spread_over_the_portals_tables(desk: Desk) -> None:
    catalogue = await read_catalogue()
    assert [center.code for center in catalogue.centers] == ["central"]
    assert [service.code for service in catalogue.services] == ["bolsa"]
    people = await fetch('SELECT "staff", "secret_hash", "pin_hash" FROM "kiosk_secret"')
    assert {row["staff"] for row in people} == {desk.consultant, desk.colleague}
    assert await fetch('SELECT "day" FROM "holiday"')
    assert (await desk.ask()).reference


async def test_the_answer_to_another_machine_that_is_this_kiosk(desk: Desk) -> None:
    await fetch('DELETE FROM "center"')
    await fetch('UPDATE "kiosk_state" SET "reference" = {}, "reference_digest" = {}', "", "")
    request = await desk.hear(leases=(desk.lease(11),), state=State(version=2, whole=True, citas=(desk.cita(10),)))
    assert not await fetch('SELECT "id" FROM "known_lease"')
    again = await desk.ask()
    assert again.number > request.number + 1
    assert (again.reference, again.version) == ("", 0)
    assert await take_answer(desk.answer(again, reference=desk.reference()), desk.now, desk.now)
    assert await fetch('SELECT "id" FROM "known_lease" WHERE "state" = \'held\'')


async def test_what_a_copy_of_this_machine_is_told_under_the_same_number_is_not_taken(desk: Desk) -> None:
    request = await desk.ask()
    theirs = desk.answer(request, leases=(desk.lease(11),), asked_at=desk.now + timedelta(seconds=1))
    assert not await take_answer(theirs, desk.now, desk.now)
    again = await desk.ask()
    assert again.number > request.number + 1
    assert await take_answer(desk.answer(again, asked_at=desk.now), desk.now, desk.now)
    assert len(await fetch('SELECT "id" FROM "known_lease"')) == 1


async def test_who_is_gone_cannot_sign_in_and_names_may_pass_on(desk: Desk) -> None:
    newcomer = uuid4()
    key = KeyState(key_id="ABCDEFGH", node="portal", public_key="00" * 32, opened_at=NOW)
    consultants = (desk.person("consultor2", desk.consultant), desk.person("consultor1", newcomer))
    await desk.hear(reference=desk.reference(consultants=consultants, keys=(key,)))
    rows = {row["id"]: row for row in await fetch('SELECT * FROM "staff"')}
    assert (rows[desk.consultant]["username"], rows[newcomer]["username"]) == ("consultor2", "consultor1")
    assert not rows[desk.colleague]["active"]
    assert {row["staff"] for row in await fetch('SELECT "staff" FROM "kiosk_secret"')} == {desk.consultant, newcomer}
    # Keys are closed, never deleted.
    await desk.hear(reference=desk.reference())
    assert len(await fetch('SELECT "key_id" FROM "signing_key"')) == 1


async def test_secrets_run_out_some_days_after_the_last_exchange(desk: Desk) -> None:
    assert await secrets_hold(desk.now + timedelta(days=6, hours=23))
    assert not await secrets_hold(desk.now + timedelta(days=7))


async def test_citas_come_by_version_and_whole_on_a_new_day(desk: Desk) -> None:
    rosa, julio, gone = desk.cita(10, ROSA), desk.cita(11, JULIO), desk.cita(12, MEI)
    assert (await desk.ask()).version == 0
    await desk.hear(state=State(version=7, whole=True, citas=(rosa, gone)))
    assert (await desk.ask()).version == 7
    await desk.hear(state=State(version=8, whole=False, citas=(julio,), gone=(gone.id,)))
    codes = {row["code"] for row in await fetch('SELECT "code" FROM "appointment"')}
    assert codes == {rosa.code, julio.code}
    desk.now += timedelta(days=1)
    assert (await desk.ask()).version == 0
    await desk.hear(state=State(version=8, whole=True, citas=()))
    assert await fetch('SELECT "code" FROM "appointment"') == []
    assert await fetch('SELECT "id" FROM "citizen"') == []


async def test_the_whole_state_forgets_nothing_that_was_sold_here(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10, days=4),))
    sold = await sell(desk.order(ROSA, 10, days=4), desk.now, Paper.TICKET)
    await desk.hear(state=State(version=8, whole=True, citas=()))
    await desk.hear(state=State(version=9, whole=False, citas=(), gone=(sold.appointment,)))
    assert await state_of(sold.code) == "reserved"


async def test_what_the_portal_says_of_what_was_sold_here_is_taken(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    told = desk.cita(10, ROSA, id=sold.appointment, code=sold.code, state="in_attention", name="ROSA")
    await desk.hear(state=State(version=9, whole=True, citas=(told,)))
    [cita] = await fetch('SELECT "state", "given_names", "email" FROM "appointment"')
    assert (cita["state"], cita["given_names"], cita["email"]) == ("in_attention", "Rosa María", ROSA.email)


async def test_a_later_deed_here_outweighs_the_state_until_it_is_applied(desk: Desk) -> None:
    cita = desk.cita(10)
    await desk.hear(state=State(version=7, whole=True, citas=(cita,)))
    request = await desk.ask()
    await cancel_offline(cita.code, desk.consultant, desk.now)
    told = State(version=8, whole=False, citas=(cita,))
    assert await take_answer(desk.answer(request, state=told, applied=0), desk.now, desk.now)
    assert await state_of(cita.code) == "cancelled"
    assert (await desk.ask()).version == 7  # so that it comes again
    begun = desk.cita(10, id=cita.id, code=cita.code, state="in_attention")
    await desk.hear(state=State(version=9, whole=False, citas=(begun,)))
    assert await state_of(cita.code) == "in_attention"
    assert (await desk.ask()).version == 9


async def test_what_this_kiosk_ended_the_portal_called_active_and_then_forgot_is_forgotten_here(desk: Desk) -> None:
    cita = desk.cita(10)
    await desk.hear(state=State(version=7, whole=True, citas=(cita,)))
    await cancel_offline(cita.code, desk.consultant, desk.now)
    begun = desk.cita(10, id=cita.id, code=cita.code, state="in_attention")
    await desk.hear(state=State(version=8, whole=False, citas=(begun,)))
    await desk.hear(epoch=2, state=State(version=2, whole=True, citas=()))
    assert await fetch('SELECT "id" FROM "appointment"') == []


async def test_a_person_who_booked_online_meanwhile(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    online = desk.cita(12, ROSA)
    await desk.hear(state=State(version=7, whole=True, citas=(online,)), applied=0)
    flagged = {
        row["code"]: bool(row["duplicate"]) for row in await fetch('SELECT "code", "duplicate" FROM "appointment"')
    }
    assert flagged == {sold.code: False, online.code: True}
    assert (await desk.ask()).version == 0  # so that it comes again
    # The portal has judged: the later one is the duplicate.
    told = desk.cita(10, ROSA, id=sold.appointment, code=sold.code, duplicate=True)
    await desk.hear(state=State(version=8, whole=False, citas=(online, told)))
    flagged = {
        row["code"]: bool(row["duplicate"]) for row in await fetch('SELECT "code", "duplicate" FROM "appointment"')
    }
    assert flagged == {sold.code: True, online.code: False}


async def test_what_was_sold_here_and_is_flagged_far_off(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10, days=4),))
    sold = await sell(desk.order(ROSA, 10, days=4), desk.now, Paper.TICKET)
    await desk.hear(leases=())
    online = desk.cita(12, ROSA)
    await desk.hear(state=State(version=7, whole=True, citas=(online,)))
    rows = await fetch('SELECT "code", "duplicate" FROM "appointment"')
    assert {row["code"]: bool(row["duplicate"]) for row in rows} == {sold.code: True, online.code: False}
    assert (await desk.ask()).version == 7


async def test_a_new_epoch_has_versions_of_its_own(desk: Desk) -> None:
    rosa, julio = desk.cita(10, ROSA), desk.cita(11, JULIO)
    await desk.hear(state=State(version=26, whole=True, citas=(rosa,)))
    await desk.hear(epoch=2, state=State(version=27, whole=False, citas=(julio,)))
    assert (await desk.ask()).version == 0
    await desk.hear(epoch=2, state=State(version=27, whole=True, citas=(julio,)))
    assert [row["code"] for row in await fetch('SELECT "code" FROM "appointment"')] == [julio.code]
    assert (await desk.ask()).version == 27


async def test_who_was_here_yesterday_may_come_again(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await desk.hear(leases=())
    desk.now += timedelta(days=1)
    again = desk.cita(10, ROSA, starts_at=desk.at(10, days=1), ends_at=desk.at(10, 30, days=1))
    await desk.hear(state=State(version=9, whole=True, citas=(again,)))
    [cita] = await fetch('SELECT "duplicate" FROM "appointment" WHERE "code" = {}', again.code)
    assert not cita["duplicate"]


async def test_a_cita_of_somebody_and_something_unheard_of(desk: Desk) -> None:
    cita = desk.cita(10, service="taller", consultant=uuid4(), interpreter=True)
    await desk.hear(state=State(version=7, whole=True, citas=(cita,)))
    assert await state_of(cita.code) == "reserved"
    assert [service.code for service in (await read_catalogue()).services] == ["bolsa"]


async def test_an_answer_is_taken_whole_or_not_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request = await desk.ask()
    answer = desk.answer(
        request,
        leases=(desk.lease(10), desk.lease(11)),
        reference=desk.reference(public_url="https://citas.trabajo.gob.pe"),
        state=State(version=7, whole=True, citas=(desk.cita(12), desk.cita(13, ROSA))),
    )
    before = await everything()
    for statement in range(300):
        try:
            with killed_at(monkeypatch, statement):
                assert await take_answer(answer, desk.now, desk.now)
        except Killed:
            await reopen(desk)
            assert await everything() == before, statement
        else:
            break
    assert statement > 20
    await reopen(desk)
    assert not await take_answer(answer, desk.now, desk.now)

"""The day sheet as it arrives: a PDF that opens, with the citas as they are when the mail is written."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.day_sheets import queue_day_sheets
from portal.domain.vocabulary import State
from tests.desk.days import MONDAY, give, turn
from tests.documents.reading import words
from tests.mail.conftest import GOES_ON, OpenOffice, OpenServer, SetClock, states
from tests.mail.test_what_arrives import attachments, text_of
from tests.people import JULIO, ROSA
from tests.staffing import Staffed

EVENING = MONDAY - timedelta(hours=15)
"""Sunday 10 January 2027, 18:00 in Lima."""


async def test_it_carries_the_sheet_to_print(
    staffed: Staffed, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    await give(staffed.consultant, ROSA)
    clock.now = EVENING
    await queue_day_sheets(EVENING, 18)
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    [received] = [one for one in server.mood.received if one.recipients == ("consultor1@example.org",)]
    assert received.message["Subject"] == "Tus citas del lunes 11 de enero de 2027: 1"
    assert "Tienes 1 cita. La primera empieza a las 9:00 a. m." in text_of(received.message)
    assert "https://citas.example.org/agenda?fecha=2027-01-11" in text_of(received.message)
    assert "Rosa" not in text_of(received.message)
    files = attachments(received.message)
    assert set(files) == {"hoja-2027-01-11.pdf"}
    assert "Rosa María Ñahui Quispe" in words(files["hoja-2027-01-11.pdf"])


async def test_it_is_not_sent_when_its_citas_are_gone(
    staffed: Staffed, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    cita = await give(staffed.consultant, JULIO)
    clock.now = EVENING
    await queue_day_sheets(EVENING, 18)
    await turn(cita, State.CANCELLED)
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    assert [one for one in server.mood.received if one.recipients == ("consultor1@example.org",)] == []
    assert ("expired", "superseded") in await states()

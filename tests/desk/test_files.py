"""GET /atenciones/{id}/archivos/{file}: who may open what a citizen sent, how it is handed out, what is written down"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.files import COPY_TYPES, CV_TYPES, CheckedFile, MediaType, keep_cv
from portal.forms.upload import check_file
from tests.browser import NewVisitor, Visitor
from tests.desk.asking import Asked, make_asked
from tests.forms import sample_files as files
from tests.forms.hostile_files import HARMLESS, Hostile
from tests.people import JULIO, reserve, slot_at
from tests.portal.owning import Owner
from tests.portal.walking import NINE, MovingClock, one
from tests.staffing import Staffed, sign_in

MOST = 5 * 1024 * 1024
OPENED = 'SELECT count(*) FROM "audit_entry" WHERE "action" = \'file_opened\''


def checked(content: bytes, media_type: MediaType) -> CheckedFile:
    return CheckedFile(media_type, content, sha256(content).hexdigest())


@pytest.fixture
async def with_files(
    owner: Owner, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> Asked:
    """Rosa's cita with a CV and a doubt with a copy of her document."""
    await keep_cv(owner.cita.id, checked(files.pdf(), MediaType.PDF), moving_clock())
    copy = checked(files.jpeg(), MediaType.JPEG)
    return await make_asked(owner, staffed, owned_app, new_visitor, moving_clock, copy)


async def address_of(asked: Asked, kind: str) -> str:
    file = await one('SELECT "id" FROM "stored_file" WHERE "kind" = {}', kind)
    return f"/atenciones/{asked.rosa.cita.id}/archivos/{file}"


async def get(visitor: Visitor, address: str) -> httpx.Response:
    return await visitor.client.get(address, follow_redirects=False)


def is_handed_out_safely(answer: httpx.Response, name: str) -> bool:
    policies = ", ".join(answer.headers.get_list("content-security-policy"))
    return (
        answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["cache-control"] == "private, no-store"
        and "sandbox" in policies
        and "default-src 'none'" in policies
        and "set-cookie" not in answer.headers
    )


async def test_the_consultor_opens_both_from_the_incident(with_files: Asked) -> None:
    visitor = await with_files.enter(with_files.owner)
    page = await visitor.open(with_files.address)
    for link, name, kind, content in (
        ("Currículum (CV)", "cv.pdf", "application/pdf", files.pdf()),
        ("Copia del documento", "documento.jpg", "image/jpeg", files.jpeg()),
    ):
        answer = await get(visitor, page.links[link])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert is_handed_out_safely(answer, name)
        assert answer.content[:20] == content[:20]


async def test_they_open_from_the_attention(with_files: Asked) -> None:
    visitor = await with_files.enter(with_files.owner)
    page = await visitor.open(f"/atenciones/{with_files.rosa.cita.id}")
    assert page.links["Currículum (CV)"] == await address_of(with_files, "cv")
    assert page.links["Copia del documento"] == await address_of(with_files, "question")


async def test_each_opening_is_written_down(with_files: Asked) -> None:
    visitor = await with_files.enter(with_files.owner)
    address = await address_of(with_files, "cv")
    for _ in range(3):
        await get(visitor, address)
    rows = await fetch(
        'SELECT "staff", "appointment", "subject", "details" FROM "audit_entry" WHERE "action" = \'file_opened\''
    )
    assert len(rows) == 3
    for row in rows:
        assert (row["staff"], row["appointment"]) == (with_files.owner, with_files.rosa.cita.id)
        assert row["subject"] == address.rpartition("/")[2]


async def test_whoever_may_see_the_cita_may_open_them(with_files: Asked) -> None:
    staffed = with_files.staffed
    address = await address_of(with_files, "question")
    for person in (with_files.colleague, staffed.supervisor, staffed.administrator):
        assert (await get(await with_files.enter(person), address)).status_code == 200


async def test_nobody_else_may(with_files: Asked, stranger: Visitor) -> None:
    elsewhere = await with_files.enter(with_files.staffed.elsewhere)
    for kind in ("cv", "question"):
        address = await address_of(with_files, kind)
        assert (await get(elsewhere, address)).status_code == 404
        for visitor in (stranger, with_files.rosa.visitor):  # not even whose it is: there is no such address for them
            answer = await get(visitor, address)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/ingresar?seguir=/atenciones/")
    assert await one(OPENED) == 0


async def test_guessed_ids_and_files_of_other_citas_are_unknown(with_files: Asked) -> None:
    visitor = await with_files.enter(with_files.owner)
    julio = await reserve(JULIO, slot_at(NINE), with_files.clock())
    file = (await address_of(with_files, "cv")).rpartition("/")[2]
    rosa = with_files.rosa.cita.id
    for appointment, guessed in ((julio.id, file), (rosa, uuid4()), (uuid4(), file), (rosa, UUID(int=0))):
        assert (await get(visitor, f"/atenciones/{appointment}/archivos/{guessed}")).status_code == 404
    for nonsense in ("x", "..%2f..%2fetc%2fpasswd", "%00", f"{file}.pdf"):
        assert (await get(visitor, f"/atenciones/{rosa}/archivos/{nonsense}")).status_code in {400, 404}
    assert await one(OPENED) == 0


async def test_somebody_whose_session_ended_gets_nothing(with_files: Asked) -> None:
    visitor = await with_files.enter(with_files.owner)
    address = await address_of(with_files, "cv")
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, with_files.owner)
    assert (await get(visitor, address)).status_code == 303


@pytest.mark.parametrize("file", HARMLESS, ids=lambda file: file.id)
async def test_what_is_two_things_is_handed_out_as_the_one_it_was_checked_for(
    owner: Owner, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, file: Hostile
) -> None:
    await keep_cv(owner.cita.id, check_file(BytesIO(file.content), CV_TYPES, MOST), owner.clock())
    assert check_file(BytesIO(file.content), COPY_TYPES, MOST).content == file.content
    visitor = await sign_in(new_visitor(owned_app), staffed.supervisor, owner.clock())
    stored = await one('SELECT "id" FROM "stored_file"')
    answer = await get(visitor, f"/atenciones/{owner.cita.id}/archivos/{stored}")
    kind = answer.headers["content-type"]
    assert kind in {"application/pdf", "image/png", "image/jpeg"}
    assert is_handed_out_safely(answer, {"application/pdf": "cv.pdf", "image/png": "cv.png"}.get(kind, "cv.jpg"))
    assert answer.content == file.content

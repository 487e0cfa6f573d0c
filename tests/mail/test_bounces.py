"""Mail that comes back marks the message that it names, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.mail.bounces import LARGEST_BYTES, Bounce, read_bounce, take_bounces
from tests.mail.bounce_samples import SAMPLES, notification
from tests.mail.conftest import GOES_ON, OpenOffice, OpenServer, states

HOST = "citas.example.org"
MESSAGE = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folder = tmp_path / "Maildir"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def drop(maildir: Path, content: bytes, name: str = "1799330405.M1P2.mail") -> Path:
    path = maildir / "new" / name
    path.write_bytes(content)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("server", SAMPLES)
@pytest.mark.parametrize("status", ["5.1.1", "5.2.2", "5.7.26"])
def test_notifications_of_several_servers_are_read(server: str, status: str) -> None:
    assert read_bounce(notification(server, MESSAGE, status=status), HOST) == Bounce(MESSAGE, status)


@pytest.mark.parametrize("server", SAMPLES)
@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_did_not_fail_is_no_bounce(server: str, action: str) -> None:
    assert read_bounce(notification(server, MESSAGE, action, "4.4.1"), HOST) is None


def test_a_failure_without_a_code_is_one() -> None:
    assert read_bounce(notification("exim", MESSAGE, status="unknown"), HOST) == Bounce(MESSAGE, "5.0.0")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: Re: Tu cita\r\n\r\nGracias\r\n",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--",
        notification("postfix", MESSAGE).replace(b"multipart/report", b"multipart/mixed"),
        notification("postfix", MESSAGE).replace(b"@citas.example.org>", b"@citas.example.net>"),
        notification("postfix", "not-one-of-ours-but-as-long-as-one-is"),
        notification("postfix", "z" * 36),
    ],
)
def test_other_mail_is_none(content: bytes) -> None:
    assert read_bounce(content, HOST) is None


async def test_a_message_that_came_back_is_marked_once(
    code: str, open_server: OpenServer, open_office: OpenOffice, maildir: Path
) -> None:
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    [row] = await fetch('SELECT "id" FROM "outbox_message"')
    assert server.mood.received[0].message["Message-ID"] == f"<{row['id']}@{HOST}>"
    drop(maildir, notification("postfix", row["id"]))
    drop(maildir, notification("exim", row["id"]), "1799330406.M1P2.mail")
    assert await take_bounces(maildir, HOST) == 1
    assert await states() == [("bounced", "5.1.1")]
    assert names(maildir / "new") == []
    assert names(maildir / "cur") == ["1799330405.M1P2.mail:2,S", "1799330406.M1P2.mail:2,S"]
    assert await take_bounces(maildir, HOST) == 0


async def test_what_has_not_left_cannot_come_back(code: str, maildir: Path) -> None:
    [row] = await fetch('SELECT "id" FROM "outbox_message"')
    drop(maildir, notification("postfix", row["id"]))
    drop(maildir, notification("postfix", uuid4()), "2")
    assert await take_bounces(maildir, HOST) == 0
    assert await states() == [("queued", "")]


async def test_other_mail_is_left_for_people_to_read(node: Node, maildir: Path) -> None:
    drop(maildir, b"Subject: Gracias\r\n\r\nHola\r\n")
    drop(maildir, b"x" * (LARGEST_BYTES + 1), "large")
    (maildir / "new" / "folder").mkdir()
    assert await take_bounces(maildir, HOST) == 0
    assert names(maildir / "cur") == ["1799330405.M1P2.mail:2,", "large:2,"]
    assert names(maildir / "new") == ["folder"]


async def test_a_folder_that_is_not_there_has_no_mail(node: Node, tmp_path: Path) -> None:
    assert await take_bounces(tmp_path / "nowhere", HOST) == 0

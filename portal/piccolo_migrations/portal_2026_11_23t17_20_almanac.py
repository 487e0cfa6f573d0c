from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import SmallInt, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T17:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the stamp of what pickers of times remember"

COMMON = {
    "null": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    manager.add_table(class_name="Almanac", tablename="almanac", schema=None, columns=None)

    manager.add_column(
        table_class_name="Almanac",
        tablename="almanac",
        column_name="id",
        db_column_name="id",
        column_class_name="SmallInt",
        column_class=SmallInt,
        params={**COMMON, "default": 1, "primary_key": True},
        schema=None,
    )

    manager.add_column(
        table_class_name="Almanac",
        tablename="almanac",
        column_name="stamp",
        db_column_name="stamp",
        column_class_name="Varchar",
        column_class=Varchar,
        params={**COMMON, "length": 36, "default": "", "primary_key": False},
        schema=None,
    )

    return manager

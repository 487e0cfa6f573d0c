from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T13:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "which answer was taken"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="kiosk", description=DESCRIPTION)

    manager.add_column(
        table_class_name="KioskState",
        tablename="kiosk_state",
        column_name="answer_mark",
        db_column_name="answer_mark",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 32,
            "default": "",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager

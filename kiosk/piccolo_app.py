"""Piccolo's registration of the kiosk's own tables; the portal's stand beside them in the same file."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from kiosk.tables import (
    AskedClaim,
    DaySheetFile,
    FormerEntry,
    KioskState,
    KnownLease,
    LogEntry,
    Look,
    PrintJob,
    Sitting,
)

APP_CONFIG = AppConfig(
    app_name="kiosk",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[KioskState, LogEntry, FormerEntry, KnownLease, AskedClaim, Look, PrintJob, DaySheetFile, Sitting],
    migration_dependencies=["portal.piccolo_app"],
)

"""Hand in by file what a locked kiosk could not send (ARCHITECTURE, rule 10): its entries, signed with its key."""

from __future__ import annotations

from uuid import UUID

import msgspec

from kiosk.joining import read_unsent
from kiosk.keys import KeyFolder
from portal.database.node import transactional
from portal.domain.kiosk_export import Export, signed_part


@transactional
async def export_unsent(keys: KeyFolder) -> tuple[Export, ...]:
    """What the portal is not known to have, of each kiosk that this machine is or was. Changes nothing.

    Raises KioskSettingsError when the signing key of one of them is missing.
    """
    exports = []
    for name, entries in (await read_unsent()).items():
        kiosk = UUID(name)
        identity = keys.read_identity(kiosk)
        export = Export(kiosk=kiosk, key_id=identity.key_id, entries=entries, signature="")
        signature = identity.private.sign(signed_part(export)).hex()
        exports.append(msgspec.structs.replace(export, signature=signature))
    return tuple(exports)

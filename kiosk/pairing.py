"""Make this machine a kiosk (ARCHITECTURE, rule 14): its own new token and public key go with a one-time code.

Stopped at any moment, it is done again with the same code and gets the same answer; where no code is typed, because
portal and kiosk are one installation, it goes on without.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from kiosk.joining import PairedAlready, become
from kiosk.keys import KeyFolder
from portal.database.node import fetch
from portal.domain.exchange import PairAnswer, PairRequest, Standing
from portal.domain.kiosk_questions import RefusalCode

Ask = Callable[[PairRequest], Awaitable[PairAnswer]]
"""Whatever carries the request to the portal: HttpPortal.pair, or the portal's own function in one process."""

AskAgain = Callable[[str], Awaitable[PairAnswer | None]]
"""Whether the portal knows a machine with a token of that hash, and as which kiosk."""


async def pair_with(code: str, keys: KeyFolder, ask: Ask) -> PairAnswer:
    """Become the kiosk that the code stands for; the kiosk's node is in use.

    A kiosk that a restored portal does not know stays what it is, with all that it has. Raises PairedAlready when this
    machine is another kiosk in good standing, KioskSettingsError, and what ``ask`` raises.
    """
    kiosk, standing = await _who_we_are()
    if kiosk is not None and standing is Standing.GOOD:
        if not await is_unknown():
            raise PairedAlready
        return await _introduce(code, kiosk, keys, ask)
    if kiosk is not None and keys.is_next(kiosk):
        keys.forget_next()  # the last pairing was stopped after its last step but one
    identity = keys.next_identity()
    request = PairRequest(code=code, token_hash=identity.token_hash, public_key=identity.public_key)
    return await _become(await ask(request), keys)


async def is_unknown() -> bool:
    """Whether the portal has said that it knows no kiosk with our token."""
    [state] = await fetch('SELECT "message" FROM "kiosk_state" WHERE "id" = 1')
    return bool(state["message"] == RefusalCode.UNKNOWN_TOKEN)


async def _introduce(code: str, kiosk: UUID, keys: KeyFolder, ask: Ask) -> PairAnswer:
    [state] = await fetch('SELECT "center" FROM "kiosk_state" WHERE "id" = 1')
    identity = keys.read_identity(kiosk)
    answer = await ask(
        PairRequest(
            code=code,
            token_hash=identity.token_hash,
            public_key=identity.public_key,
            kiosk=kiosk,
            center=state["center"],
        )
    )
    await fetch('UPDATE "kiosk_state" SET "message" = {} WHERE "id" = 1', "")
    return answer


async def go_on_pairing(keys: KeyFolder, ask_again: AskAgain) -> PairAnswer | None:
    """Become the kiosk that this machine was paired as when it was stopped; None when it was not. The node is in use.

    Raises KioskSettingsError, and what ``ask_again`` raises.
    """
    answer = await ask_again(keys.next_identity().token_hash) if keys.has_next() else None
    return None if answer is None else await _become(answer, keys)


async def _become(answer: PairAnswer, keys: KeyFolder) -> PairAnswer:
    keys.keep_identity(answer.kiosk)
    await become(answer)
    keys.forget_next()
    return answer


async def _who_we_are() -> tuple[UUID | None, Standing]:
    [state] = await fetch('SELECT "kiosk", "standing" FROM "kiosk_state" WHERE "id" = 1')
    return state["kiosk"], Standing(state["standing"])

"""The ``citas`` command: what operators type. It says what it does in Spanish, and a fault is one sentence."""

from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from portal.clock import utc_now
from portal.database.errors import DatabaseBusyError, DatabaseError, DatabaseUnreachableError
from portal.database.migrate import is_up_to_date, migrate
from portal.database.node import Node, open_node, use_node
from portal.rules import read_rules
from portal.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from portal.domain.first_accounts import SignIn

T = TypeVar("T")

_SAYS_NO = 2
_FAILED = 1

_OF_SYSTEM: Mapping[type[OSError], str] = {
    FileNotFoundError: "no existe {}: revisa el nombre y la carpeta",
    PermissionError: "no hay permiso para usar {}: revisa de quién es",
    FileExistsError: "ya existe {}: elige otro nombre",
    IsADirectoryError: "{} es una carpeta: escribe el nombre de un archivo",
    NotADirectoryError: "{} no está en una carpeta: revisa el nombre",
}


def _in_words(failure: DatabaseError | OSError) -> str:
    """What failed, for the operator: our own sentences as they are; the system's behind what to do."""
    if isinstance(failure, (DatabaseUnreachableError, DatabaseBusyError)):
        return f"la base de datos no responde: revisa que funcione y que DATABASE_URL sea correcta ({failure})"
    if not isinstance(failure, OSError):
        return str(failure)
    for kind, words in _OF_SYSTEM.items():
        if isinstance(failure, kind) and failure.filename is not None:
            return words.format(failure.filename)
    if failure.errno == errno.ENOSPC:
        return "no queda espacio en el disco: libera espacio y repite"
    return f"el sistema no lo permitió ({failure})"


class OutdatedError(DatabaseError):
    """The database's tables are older than this program."""


class NotEmptyError(DatabaseError):
    """The database is somebody's already: a demonstration has no place in it."""


class NotAnExportError(DatabaseError):
    """The file is not what a kiosk hands in, or not all of it was taken."""


class WrongUserError(Exception):
    """The name of a user that cannot be what the command wants."""


@dataclass(frozen=True, slots=True)
class Command:
    """A word after ``citas``, what it does, whether it wants a file, or the name of a user; and words that may follow.

    ``of_kiosk``: it is the kiosk's work, with the kiosk's settings.
    """

    run: Callable[..., int | None]
    tells: str
    file: str = ""
    user: str = ""
    words: Mapping[str, Command] = field(default_factory=dict)
    of_kiosk: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 the settings or the command line are wrong."""
    typed = _parser().parse_args(arguments)
    command: Command = typed.does
    try:
        code = command.run(typed) if command.of_kiosk else command.run(read_settings(), typed)
    except (SettingsError, WrongUserError) as mistake:
        print(f"citas: {mistake}", file=sys.stderr)
        return _SAYS_NO
    except (DatabaseError, OSError) as failure:
        print(f"citas: {_in_words(failure)}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _FAILED
    return code or 0


def run(settings: Settings, typed: argparse.Namespace) -> NoReturn:
    """Everything that an installation needs, from nothing: tables, starting configuration, portal and kiosk."""
    from portal.starter import join_first_kiosk
    from portal.together import go_on_together

    bring_up_to_date(settings, typed)
    load_start(settings, typed)
    sign_ins = join_first_kiosk(_open(settings), utc_now)
    if sign_ins:
        print("Accesos al módulo de la sede, con su PIN. Se muestran solo esta vez:")
    for sign_in in sign_ins:
        print(f"  {sign_in.username:16} {sign_in.secret}   {sign_in.pin}", flush=True)
    go_on_together()


def serve_portal(settings: Settings, _: argparse.Namespace) -> None:
    """The portal, with its worker inside unless ``CITAS_WORKER`` says no."""
    from portal.serving import serve

    asyncio.run(_use(settings, _done))
    print(f"Citas en línea: {settings.origin}", flush=True)
    if not settings.smtp_host:
        print(f"Correos: se guardan en {settings.data / 'mail'} (CITAS_SMTP_HOST los envía)", flush=True)
    serve(settings)


def serve_kiosk(_: argparse.Namespace) -> int:
    """The kiosk of this machine."""
    from portal.starter import kiosk_command

    return int(kiosk_command().serve())


def export_kiosk(typed: argparse.Namespace) -> int:
    """What the kiosk of this machine could not send, for the administrador."""
    from portal.starter import kiosk_command

    return int(kiosk_command().export(typed.file))


def work(settings: Settings, _: argparse.Namespace) -> None:
    """The worker alone, for installations whose portals say ``CITAS_WORKER=false``."""
    from portal.serving import work_alone

    asyncio.run(_use(settings, _done))
    print("Trabajos por reloj: correos, cupos y limpieza", flush=True)
    asyncio.run(work_alone(settings))


def bring_up_to_date(settings: Settings, _: argparse.Namespace) -> None:
    """Run the migrations that are missing."""
    names = asyncio.run(migrate(_open(settings)))
    print(f"Base de datos: {len(names)} cambios aplicados" if names else "Base de datos: al día", flush=True)


def load_start(settings: Settings, _: argparse.Namespace) -> None:
    """Load the starting configuration; what exists stays."""
    from portal.domain.setup import set_up

    added = asyncio.run(_use(settings, lambda: set_up(utc_now(), read_rules(settings))))
    print(
        f"Agenda: {added.consultants} consultores, {added.seats.added} cupos, "
        f"{added.holidays} feriados y {added.districts} distritos nuevos",
        flush=True,
    )
    _tell_sign_ins(settings, added.sign_ins)


def _tell_sign_ins(settings: Settings, sign_ins: Sequence[SignIn]) -> None:
    if sign_ins:
        print(f"Accesos a {settings.origin}/ingresar. Se muestran solo esta vez; cada clave se cambia al ingresar:")
    for sign_in in sign_ins:
        print(f"  {sign_in.username:16} {sign_in.password}", flush=True)


def let_administrator_in(settings: Settings, typed: argparse.Namespace) -> None:
    """Make the first administrador, or let one in again who lost every other way."""
    from portal.domain.first_accounts import NotAnAdministrator, make_administrator
    from portal.forms.person import read_new_username

    username = read_new_username({"usuario": typed.user})
    if not isinstance(username, str):
        raise WrongUserError("el usuario lleva de 3 a 40 letras minúsculas, números, puntos o guiones")
    try:
        made = asyncio.run(_use(settings, lambda: make_administrator(username, utc_now())))
    except NotAnAdministrator:
        raise WrongUserError(f"{username} ya existe y no es administrador") from None
    print("Clave de un solo uso; se cambia al ingresar:")
    print(f"  {made.username:16} {made.password}", flush=True)


def play(settings: Settings, typed: argparse.Namespace) -> None:
    """Fill a database without citas with an invented month, to look at; no mail leaves."""
    from portal.demo.month import HasCitas, fill_month
    from portal.pages.words import word

    bring_up_to_date(settings, typed)
    print("Demostración: un mes inventado. Demora cerca de un minuto", flush=True)
    try:
        made = asyncio.run(_use(settings, lambda: fill_month(utc_now(), read_rules(settings), settings.survey_days)))
    except HasCitas:
        raise NotEmptyError("la base de datos ya tiene citas: la demostración necesita una vacía") from None
    for state, number in made.citas.items():
        print(f"  {word(state):14} {number:5}")
    print(f"Consultas: {sum(made.questions.values())}. Encuestas: {made.answered_surveys}. Mensajes: {made.messages}")
    _tell_sign_ins(settings, made.sign_ins)


def back_up(settings: Settings, typed: argparse.Namespace) -> None:
    """Copy the database, as it is at one instant, while it serves or not."""
    asyncio.run(_back_up(_open(settings), typed.file))
    print(f"Copia guardada en {typed.file}")


async def _back_up(node: Node, target: Path) -> None:
    """Kiosks may forget what this copy holds of their logs; a database of an older program is copied all the same."""
    from portal.database.backup import backup, require_database
    from portal.domain.kiosks import note_kept, read_applied

    require_database(node)
    await node.start()
    try:
        with use_node(node):
            applied = await read_applied() if await is_up_to_date(node) else {}
            await backup(node, target)
            await note_kept(applied)
    finally:
        await node.stop()


def bring_back(settings: Settings, typed: argparse.Namespace) -> None:
    """Fill an empty database from a copy. Kiosks may have sold since it was made: their sedes wait for them."""
    from portal.database.backup import restore
    from portal.domain.epochs import begin_epoch, has_kiosks

    async def begin_again() -> bool:
        return await has_kiosks() and bool(await begin_epoch(utc_now(), f"restored from {typed.file.name}"))

    asyncio.run(restore(typed.file, settings.database))
    print(f"Copia restaurada de {typed.file}")
    if asyncio.run(_use(settings, begin_again)):
        print("Las sedes con módulos no ofrecen horarios en línea hasta que cada módulo se comunique.")
        print(f"Mira cuáles faltan en {settings.origin}/gestion/modulos")
        print("El portal olvidó qué módulos se dieron de baja o se emparejaron desde la copia.")
        print("Revisa ahí la lista y da de baja otra vez al que corresponda: un módulo robado que estaba sin")
        print("conexión cuando lo diste de baja no lo sabe, y el portal volvería a prestarle cupos.")


def import_kiosk(settings: Settings, typed: argparse.Namespace) -> None:
    """Apply what locked kiosks could not send, once, and say what became of it."""
    import msgspec

    from portal.domain.kiosk_export import Export
    from portal.domain.kiosk_import import ExportRefused, Imported, import_export
    from portal.pages.words import word

    try:
        exports = msgspec.json.decode(typed.file.read_bytes(), type=tuple[Export, ...])
    except msgspec.DecodeError:
        raise NotAnExportError(f"{typed.file} no es lo que guarda «citas kiosk export»") from None

    async def apply() -> list[Imported | ExportRefused]:
        done: list[Imported | ExportRefused] = []
        for export in exports:
            try:
                done.append(await import_export(export, utc_now(), read_rules(settings)))
            except ExportRefused as refusal:
                done.append(refusal)
        return done

    outcomes = asyncio.run(_use(settings, apply))
    for outcome in outcomes:
        if isinstance(outcome, Imported):
            print(
                f"{outcome.kiosk_name}: aplicados {outcome.applied}, por ver {outcome.flagged}, "
                f"no aplicados {outcome.quarantined}, ya estaban {outcome.known}"
            )
    if not outcomes:
        print(f"{typed.file} no trae nada que aplicar")
    refused = [outcome for outcome in outcomes if isinstance(outcome, ExportRefused)]
    if any(outcome.flagged or outcome.quarantined for outcome in outcomes if isinstance(outcome, Imported)):
        print(f"Lo que necesita que alguien decida está en {settings.origin}/gestion/por-reubicar")
    if refused:
        raise NotAnExportError("; ".join(word(refusal.why) for refusal in refused))


def list_routes(settings: Settings, _: argparse.Namespace) -> None:
    """The addresses that the portal answers, with their methods."""
    from portal.app import create_app

    for route in sorted(create_app(settings).routes, key=lambda route: route.path):
        print(f"{', '.join(sorted(route.methods - {'OPTIONS'})):12} {route.path}")


def _open(settings: Settings) -> Node:
    return open_node("portal", settings.database)


async def _use(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Do something with the database. Raises OutdatedError when its tables are not those of this program."""
    node = _open(settings)
    try:
        await node.start()
        if not await is_up_to_date(node):
            raise OutdatedError("la base de datos no está al día: escribe «citas migrate»")
        with use_node(node):
            return await work()
    finally:
        await node.stop()


async def _done() -> None:
    """Nothing more than to see that the database is there and up to date."""


COMMANDS = {
    "run": Command(run, "prepara todo y sirve el portal y el módulo de la sede"),
    "portal": Command(serve_portal, "sirve el portal"),
    "kiosk": Command(
        serve_kiosk,
        "sirve el módulo de la sede en este equipo",
        of_kiosk=True,
        words={
            "export": Command(
                export_kiosk, "guarda lo que el módulo no pudo enviar", file="archivo nuevo", of_kiosk=True
            ),
            "import": Command(
                import_kiosk, "en el portal: aplica lo que un módulo no pudo enviar", file="archivo del módulo"
            ),
        },
    ),
    "worker": Command(work, "envía los correos y abre los cupos, sin servir páginas"),
    "migrate": Command(bring_up_to_date, "crea o actualiza las tablas"),
    "setup": Command(load_start, "carga la sede, el servicio, los consultores y el calendario"),
    "admin": Command(let_administrator_in, "crea un administrador, o le da una clave nueva", user="su usuario"),
    "demo": Command(play, "llena una base de datos sin citas con un mes inventado, para mirar"),
    "backup": Command(back_up, "guarda una copia de la base de datos", file="archivo de la copia"),
    "restore": Command(bring_back, "llena una base de datos vacía con una copia", file="archivo de la copia"),
    "routes": Command(list_routes, "muestra las direcciones del portal"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="citas", description="Citas en línea de los Centros de Empleo.")
    _add_words(parser, COMMANDS, required=True)
    return parser


def _add_words(parser: argparse.ArgumentParser, commands: Mapping[str, Command], *, required: bool) -> None:
    words = parser.add_subparsers(required=required, metavar="ORDEN")
    for word, command in commands.items():
        own = words.add_parser(word, help=command.tells, description=command.tells)
        own.set_defaults(does=command)
        if command.file:
            own.add_argument("file", type=Path, metavar="ARCHIVO", help=command.file)
        if command.user:
            own.add_argument("user", metavar="USUARIO", help=command.user)
        if command.words:
            _add_words(own, command.words, required=False)


if __name__ == "__main__":
    sys.exit(main())

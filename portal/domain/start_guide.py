"""Catalogue: the Guía del Consultor as an installation starts with it. The responsable edits it later.

Activity by activity (PE-BT-01, section 4): what to say, what to do, what to send; one instruction to a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.domain.procedure import Activity


@dataclass(frozen=True, slots=True)
class StartingText:
    """What the guide says of one activity."""

    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    send: tuple[str, ...] = ()


TITLES: Final[Mapping[Activity, str]] = {
    Activity.RESERVE: "La reserva de la cita",
    Activity.REMIND: "El recordatorio, un día antes",
    Activity.INVITE: "La invitación y los 5 minutos de tolerancia",
    Activity.START: "El inicio de la atención",
    Activity.ORIENT: "La orientación",
    Activity.FINISH: "El cierre",
    Activity.SURVEY: "La encuesta de satisfacción",
    Activity.REGISTER: "El registro de la atención",
}

START_GUIDE: Final[Mapping[Activity, StartingText]] = {
    Activity.RESERVE: StartingText(
        say=(
            "«Buenos días. Le ayudo a reservar su cita de la Bolsa de Trabajo. El servicio es gratuito».",
            "«¿Prefiere la atención por videollamada, por teléfono o en persona?».",
            "«Traiga o tenga a la mano su documento de identidad y su currículum, de preferencia documentado».",
            "«¿Necesita intérprete o alguna ayuda para atenderse?».",
        ),
        do=(
            "Si la persona llama o se acerca, abre Agenda y elige «Nueva cita».",
            "Ofrece primero los horarios más próximos y confirma en voz alta el día y la hora.",
            "Lee de nuevo el celular y el correo: ahí llegan el recordatorio y la invitación.",
            "Lee el aviso de privacidad y reserva solo si la persona lo acepta.",
        ),
        send=(
            "La confirmación sale sola por correo, con la constancia y la cita para su calendario.",
            "Si la persona no tiene correo, imprime la constancia o díctale el código.",
        ),
    ),
    Activity.REMIND: StartingText(
        say=(
            "Si llamas: «Buenos días, le llamo del Centro de Empleo. Le recuerdo su cita de mañana a las…».",
            "«Conéctese a la hora de su cita. Le esperamos 5 minutos».",
        ),
        do=(
            "Revisa en Agenda todas las citas y horarios de mañana. Descarga el reporte si vas a trabajar con papel.",
            "Abre Avisos y llama a quienes figuran en «No se pudo avisar».",
            "Revisa el currículum y los documentos que enviaron las personas que atenderás.",
            "Fíjate en las marcas de atención preferente y de intérprete, y coordina lo que haga falta.",
        ),
        send=(
            "El recordatorio sale solo el día anterior: un aviso en la página de la cita y un correo.",
            "El correo lleva las indicaciones y la Cartilla para acceder a la videollamada.",
            "A quien reservó más tarde, la confirmación ya le lleva todo.",
            "Si alguien dice que no lo recibió, envíalo otra vez desde Avisos.",
        ),
    ),
    Activity.INVITE: StartingText(
        say=(
            "Si no se conecta, por teléfono: «Buenos días, le llamo del Centro de Empleo por su cita de las…».",
            "«¿Puede entrar a la videollamada? Si tiene problemas, le atiendo por este teléfono».",
            "Si no desea la atención: «No se preocupe. Puede reservar otra cita cuando la necesite; es gratis».",
        ),
        do=(
            "Entra a la videollamada unos minutos antes. Prueba tu cámara, tu micrófono y la pantalla que compartirás.",
            "Pulsa «Invitar». Desde ahí, o desde la hora de la cita si es después, corren 5 minutos de tolerancia.",
            "Si no se conecta, llama o escribe, y anota cada intento con su resultado.",
            "Si logras el contacto, atiende por videollamada o por teléfono y sigue con la actividad 04.",
            "Si pasan los 5 minutos sin contacto, pulsa «Abandono», elige el motivo y completa las observaciones.",
            "Si la falla es nuestra, regístrala como «No realizada» y nunca como abandono.",
        ),
        send=(
            "La invitación con el enlace sale al pulsar «Invitar».",
            "Con el abandono sale un correo que explica qué pasó e invita a reservar otra cita.",
        ),
    ),
    Activity.START: StartingText(
        say=(
            "«Buenos días, soy…, consultor de empleo del Ministerio de Trabajo. ¿Hablo con…?».",
            "«La Bolsa de Trabajo es un servicio gratuito del Centro de Empleo».",
            "«En www.empleosperu.gob.pe usted registra su perfil y ve vacantes de empresas de todo el país».",
            "«Vamos a conversar unos 15 minutos. Pregúnteme lo que necesite».",
        ),
        do=(
            "Pulsa «Inicio» apenas te comuniques con la persona.",
            "Confirma su nombre y pregunta qué busca antes de explicar.",
            "Si necesita intérprete o una pausa, ajusta tu ritmo.",
        ),
    ),
    Activity.ORIENT: StartingText(
        say=(
            "«Voy a compartir mi pantalla para que veamos juntos la página».",
            "«Esta página tiene dos servicios. Le explico para qué sirve cada uno».",
            "«Si luego tiene una duda o un problema con la página, envíelo desde la página de su cita o a mi correo».",
            "«Adjunte una copia de su documento de identidad: la necesito para gestionar su consulta».",
        ),
        do=(
            "En la videollamada, comparte la pantalla y entra a www.empleosperu.gob.pe.",
            "Muestra cómo se crea la cuenta.",
            "Muestra cómo se registra la información del perfil.",
            "Busca juntos vacantes de su interés.",
            "Explica cómo postular y cómo funciona la intermediación.",
            "Informa sobre los 2 servicios de la página.",
            "Marca cada tema al terminarlo y anota lo importante: se guarda mientras escribes.",
            "Si recibes una incidencia de la página, derívala al responsable del servicio desde Consultas.",
        ),
    ),
    Activity.FINISH: StartingText(
        say=(
            "«Le llegará un correo con tres enlaces. El primero es la página Empleos Perú, para su registro».",
            "«El segundo es una encuesta corta sobre esta atención. El tercero, la página para reservar otra cita».",
            "«Le agradezco que complete la encuesta: nos ayuda a mejorar y no lleva su nombre».",
            "«Gracias por su tiempo. Puede reservar otra cita cuando la necesite. Hasta luego».",
        ),
        do=(
            "Pregunta si queda alguna duda.",
            "Despídete y termina la videollamada.",
            "Revisa las observaciones, agrega tus apreciaciones si hacen falta y pulsa «Final».",
        ),
        send=("El correo con los tres enlaces sale solo al pulsar «Final».",),
    ),
    Activity.SURVEY: StartingText(
        say=("Si la persona pregunta: «La encuesta es anónima. Toma dos minutos y el enlace vence en unos días».",),
        do=(
            "No tienes que hacer nada: el enlace sale con el correo del cierre, y un recordatorio unos días después.",
            "Si la persona no lo recibió, revisa con ella el correo y usa «Enviar los enlaces otra vez».",
        ),
        send=("El enlace de la encuesta, que sirve una sola vez. También está en la página de la cita.",),
    ),
    Activity.REGISTER: StartingText(
        do=(
            "No copies nada: la atención entra sola al registro cuando pulsas «Final», «Abandono» o «No realizada».",
            "Revisa en Registro que las atenciones de tu día estén completas.",
            "Si el sistema estuvo caído, atiende con la hoja del día y anota después lo que pasó.",
        ),
    ),
}

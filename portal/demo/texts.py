"""What the invented people write: why they come, what they ask, what consultores note."""

from __future__ import annotations

from typing import Final

STAFF_NAMES: Final = (
    "Elsa Marín Ochoa",
    "Darío Campos Luna",
    "Pilar Sotelo Vega",
    "Néstor Ayala Ruiz",
    "Inés Lazo Prado",
)
SUPERVISOR_NAME: Final = "Graciela Montes Arce"
ADMINISTRATOR_NAME: Final = "Tomás Villar Peña"

MOTIVES: Final = (
    "Terminé un curso de soldadura y busco mi primer trabajo.",
    "Quiero cambiar de rubro: hasta ahora atendí en tienda.",
    "Estoy sin trabajo desde hace cuatro meses.",
    "Necesito ayuda para llenar mi perfil en Empleos Perú.",
    "Busco trabajo de medio tiempo porque estudio.",
    "Vengo de Huancayo y no conozco las empresas de Lima.",
    "Quiero saber cómo postular a vacantes del Estado.",
    "Trabajo en construcción y quiero algo más estable.",
)
DOUBTS: Final = (
    ("No puedo entrar a mi cuenta de Empleos Perú: dice que mi correo ya está registrado.",
     "Ya liberamos tu correo. Vuelve a crear la cuenta y usa la misma dirección."),
    ("Postulé a una vacante y no sé si la empresa vio mi perfil. ¿Dónde lo miro?",
     "En «Mis postulaciones»: el estado «En evaluación» quiere decir que lo están revisando."),
    ("Me equivoqué al escribir mi fecha de nacimiento en la página. ¿Cómo la corrijo?",
     "Entra a «Mi perfil», toca «Datos personales» y luego «Editar». Si no te deja, avísame."),
    ("¿El certificado de trabajo tiene que estar en PDF o vale una foto?",
     "Vale una foto si se lee bien, pero la página la pide en PDF. Tu celular puede guardarla así desde «Imprimir»."),
    ("La página no me deja subir mi CV: se queda cargando.",
     "El archivo pesa demasiado. Guárdalo otra vez como PDF de menos de 5 MB y súbelo de nuevo."),
)  # fmt: skip
FORWARD_NOTES: Final = (
    "Su documento figura con otro nombre en la página. Probé todos los pasos de la guía.",
    "La cuenta está bloqueada y yo no puedo desbloquearla.",
    "El error sale también con otro navegador. Adjuntó la copia de su documento.",
)
NOTES: Final = (
    "Tiene experiencia en almacén y brevete A-I.",
    "Creó su cuenta durante la llamada.",
    "Interesado en turnos de mañana, cerca de su casa.",
    "Le faltan referencias; va a pedirlas esta semana.",
    "Maneja Excel básico. Le sugerí el curso gratuito.",
)
OBSERVATIONS: Final = (
    "Quedó con tres vacantes guardadas. Va a postular hoy.",
    "Perfil completo. Se le explicó la intermediación.",
    "Volverá cuando tenga su certificado de estudios.",
    "Buena disposición. Se le recomendó el taller ABE.",
)
ABANDONED: Final = (
    "No se conectó. Se llamó dos veces al celular.",
    "Contestó un familiar: hoy no puede.",
    "El número suena apagado.",
)
NOT_HELD: Final = ("Corte de luz en la sede.", "El consultor tuvo una emergencia familiar.")
COMMENTS: Final = (
    "Muy amable y paciente, gracias.",
    "Me ayudó con mi CV y ya postulé.",
    "La llamada se cortó una vez, pero me volvieron a llamar.",
    "Me gustaría que dure un poco más.",
    "Todo claro.",
)

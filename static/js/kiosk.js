// What the desk does beyond htmx. Everything works without it. It is loaded before citas.js, to hear failures first.
(() => {
  "use strict";

  const PAUSE = 5000;
  const banner = () => document.getElementById("aviso");

  // The banner asks for news by itself, and says so when nobody answers. Whoever types keeps the screen open.
  let touched = false;
  for (const kind of ["keydown", "pointerdown", "input"]) addEventListener(kind, () => (touched = true), true);
  const ask = () => {
    const active = document.getElementById("activo");
    if (!banner() || !active) return;
    active.value = touched ? "si" : "";
    touched = false;
    banner().dispatchEvent(new Event("noticias"));
  };
  setInterval(ask, PAUSE);
  document.addEventListener("visibilitychange", () => document.hidden || ask());

  const failed = (event) => {
    const { ctx } = event.detail;
    if (ctx?.sourceElement?.id !== "aviso") return;
    if (event.type !== "htmx:error" && !(ctx.response?.status >= 400) && !/^\s*<!doctype/i.test(ctx.text ?? "")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    banner().classList.add("wrong");
    banner().querySelector("p").textContent = banner().dataset.dead;
  };
  addEventListener("htmx:error", failed, true);
  addEventListener("htmx:before:swap", failed, true);

  // When the lock falls, or is closed by hand, what is being typed is handed in first, for whoever types the PIN.
  const handIn = () => {
    const form = document.querySelector("form[data-kept]");
    if (!form) return false;
    form.action = "/bloquear";
    form.submit();
    return true;
  };
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.hx.redirect?.startsWith("/bloqueo") && handIn()) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/bloquear" && handIn()) event.preventDefault();
  });

  // A known person: what nobody typed is filled in, and taken back when the document is another one's after all.
  const fill = () => {
    for (const field of document.querySelectorAll("#reserva [data-filled]")) {
      if (field.value === field.dataset.filled) field.value = field.id === "idioma" ? "es" : "";
      delete field.dataset.filled;
    }
    const known = document.querySelector("#conocida[data-fill]");
    if (!known) return;
    for (const { name, value } of known.attributes) {
      if (!name.startsWith("data-fill-")) continue;
      const field = document.getElementById(name.slice("data-fill-".length).replaceAll("-", "_"));
      if (!field || !value || (field.value !== "" && (field.id !== "idioma" || field.value !== "es"))) continue;
      field.value = field.dataset.filled = value;
    }
  };
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.target.id === "conocida") fill();
  });

  // A slip is printed by the browser's own dialog, from this page; then the Enter key calls the next person.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-print]");
    if (!link || !navigator.pdfViewerEnabled || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.querySelector("iframe.paper")?.remove();
    const frame = document.createElement("iframe");
    frame.className = "paper";
    frame.title = link.dataset.print;
    frame.tabIndex = -1;
    frame.src = link.href;
    frame.addEventListener("load", () => {
      // A page instead of paper says what went wrong.
      if (frame.contentDocument?.querySelector("main")) return location.assign(link.href);
      frame.contentWindow.print();
      document.getElementById("siguiente")?.focus();
    });
    document.body.append(frame);
  });

  // The script does what these buttons are for.
  for (const button of document.querySelectorAll("#reserva [value=buscar], #reserva [value=horarios]")) button.hidden = true;

  // The first thing to do has the focus: what is wrong, else the next field to type in.
  if (!document.getElementById("errores") && !document.querySelector("[autofocus]")) {
    const first = document.querySelector("#numero_documento, #buscar, #usuario, #pin, #codigo");
    const next = first?.id === "numero_documento" && first.value ? document.getElementById("nombres") : first;
    (next?.value ? first : next)?.focus();
  }
})();

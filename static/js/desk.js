// What the pages of the staff do beyond htmx. Everything works without it.
"use strict";

// The agenda: it asks for news by itself, keeps the place of who uses the keyboard, and counts the tolerance down.
(() => {
  const agenda = () => document.getElementById("agenda");
  if (!agenda()) return;
  const warning = document.getElementById("sin-conexion");
  const refresh = () => {
    if (!document.hidden) agenda().dispatchEvent(new Event("refresh"));
  };
  setInterval(refresh, agenda().dataset.refresh * 1000);
  document.addEventListener("visibilitychange", refresh);

  // What asks by itself never takes the page away: a failure is told, and the next time tried again.
  const told = (failed) => (event) => {
    const { ctx } = event.detail;
    if (ctx?.sourceElement?.id !== "agenda") return;
    const wrong = failed || (ctx.response && ctx.response.status >= 400);
    warning.hidden = !wrong;
    if (!wrong) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("htmx:error", told(true), true);
  addEventListener("htmx:before:swap", told(false), true);
  addEventListener("htmx:after:request", told(false), true);

  // The row of a button that is gone after a refresh keeps the focus, by its name.
  let row = null;
  document.addEventListener("focusin", ({ target }) => (row = target.closest(".agenda > li")?.id ?? null));
  document.addEventListener("htmx:after:swap", () => {
    if (row && document.activeElement === document.body) {
      document.querySelector(`#${row} [data-row]`)?.focus({ preventScroll: true });
    }
    countDown();
  });

  // The tolerance, by the server's clock: it told how many seconds were left when it wrote the page.
  let counting = [];
  let timer = 0;
  const countDown = () => {
    const begun = performance.now();
    counting = [...document.querySelectorAll("#agenda [data-seconds]")];
    for (const one of counting) one.ends = begun + one.dataset.seconds * 1000;
    clearInterval(timer);
    if (counting.length) timer = setInterval(tick, 250);
  };
  const tick = () => {
    for (const one of counting) {
      const left = Math.max(0, Math.ceil((one.ends - performance.now()) / 1000));
      const words = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (one.textContent !== words) one.textContent = words;
      if (left === 0) one.over = true;
    }
    if (counting.some((one) => one.over)) {
      counting = counting.filter((one) => !one.over);
      refresh();
    }
  };
  countDown();

  // J and K, or the arrows within the list, lead from row to row; never while somebody types or chooses.
  const shortcuts = document.getElementById("atajos");
  const KEPT = "citas-sin-atajos";
  shortcuts.checked = !localStorage.getItem(KEPT);
  shortcuts.addEventListener("change", () =>
    shortcuts.checked ? localStorage.removeItem(KEPT) : localStorage.setItem(KEPT, "1"),
  );
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
    const here = event.target.closest(".agenda > li");
    const letter = shortcuts.checked ? { j: 1, k: -1 }[event.key.toLowerCase()] : 0;
    const way = letter || (here ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : 0);
    if (!way) return;
    const rows = [...document.querySelectorAll(".agenda > li")].filter((one) => one.checkVisibility());
    const first = Math.max(0, rows.findIndex((one) => one.classList.contains("next")));
    const place = here ? rows.indexOf(here) + way : first;
    const next = rows[Math.min(Math.max(place, 0), rows.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.querySelector("[data-row]").focus();
    next.scrollIntoView({ block: "nearest" });
  });
})();

// What somebody types into a field of a password, shown while they wish. Without a script the button stays hidden.
for (const button of document.querySelectorAll("[data-reveals]")) {
  const unshown = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const fields = button.dataset.reveals.split(" ").map((id) => document.getElementById(id));
    const show = fields[0].type === "password";
    for (const field of fields) field.type = show ? "text" : "password";
    button.textContent = show ? button.dataset.shown : unshown;
  });
}

// A page to keep on paper.
for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The attention: the tolerance by the server's clock, what another page took over, and a text that could not be kept.
(() => {
  const page = document.getElementById("atencion");
  if (!page) return;
  document.getElementById("rechazo")?.focus();

  // A link into what is folded unfolds it.
  const unfold = () => {
    const part = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const folded = part && part.closest("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  let timer = 0;
  const countDown = () => {
    clearInterval(timer);
    const clock = page.querySelector("[data-seconds]");
    if (!clock) return;
    const ends = performance.now() + clock.dataset.seconds * 1000;
    timer = setInterval(() => {
      const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (left === 0) clearInterval(timer);
    }, 250);
  };
  countDown();
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.target.id === "ahora") countDown();
  });

  // What was typed and not kept is told beside it; the next key tries again.
  const failed = (event) => {
    const { ctx } = event.detail;
    if (ctx?.sourceElement?.id !== "escrito") return;
    if (event.type === "htmx:error" || ctx.response?.status >= 500 || /^\s*<!doctype/i.test(ctx.text ?? "")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const told = document.querySelector("#guardado p");
      if (!told) return;
      told.textContent = ctx.sourceElement.dataset.unsaved;
      told.className = "mistake";
      document.getElementById("anuncio").textContent = told.textContent;
    }
  };
  addEventListener("htmx:error", failed, true);
  addEventListener("htmx:before:swap", failed, true);
})();

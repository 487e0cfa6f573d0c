// What the pages do better where JavaScript runs. Everything works without it; the words are in the pages.
(() => {
  "use strict";

  const announce = (text) => {
    const status = document.getElementById("anuncio");
    if (status && text) status.textContent = text;
  };

  // What asks by itself never takes the page away: whatever goes wrong, it asks again the next time.
  const quiet = (event) => {
    const { ctx } = event.detail;
    if (!ctx?.sourceElement?.hasAttribute?.("data-polls")) return;
    if (event.type === "htmx:before:swap" && !/^\s*<!doctype/i.test(ctx.text ?? "")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("htmx:error", quiet, true);
  addEventListener("htmx:before:swap", quiet, true);

  // After a part of the page was changed: a tapped day leads to its times; anything else keeps the focus where it was.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const heading = ctx.request.anchor && document.getElementById(ctx.request.anchor);
    if (heading) {
      heading.focus({ preventScroll: true });
      const { top } = heading.getBoundingClientRect();
      if (top < 0 || top > innerHeight * 0.7) heading.scrollIntoView();
      return;
    }
    announce(document.getElementById(ctx.target.id)?.dataset.announce);
  });

  // A whole page in answer to a part (too many attempts, a fault of ours) is shown as a page.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (/^\s*<!doctype/i.test(ctx.text)) {
      event.preventDefault();
      location.assign(ctx.request.method === "GET" ? ctx.request.action : location.href);
    }
  });

  // No network: the link is followed as if there were no script, so that the browser says what it knows.
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx.request.method === "GET") location.assign(ctx.request.action);
  });

  // What is wrong with a form is read first.
  document.getElementById("errores")?.focus();

  // A second press within a moment is the same press. (Whatever is sent twice is done once; this spares the wait.)
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 2000);
  });

  // The time left of a held seat, by the server's clock: told in minutes, announced when it gets short and when it ends.
  const countDown = () => {
    const box = document.querySelector("[data-seconds-left]");
    const left = box?.querySelector("[data-left]");
    if (!left || box.dataset.counting) return;
    box.dataset.counting = "1";
    const ends = performance.now() + box.dataset.secondsLeft * 1000;
    const tell = () => {
      if (!box.isConnected) return;
      const minutes = Math.ceil((ends - performance.now()) / 60000);
      if (minutes <= 0) {
        left.textContent = box.dataset.over;
        announce(box.dataset.over);
        return;
      }
      left.textContent = box.dataset[minutes === 1 ? "one" : "many"].replace("#", minutes);
      if (minutes === 2) announce(left.textContent);
      setTimeout(tell, ends - performance.now() - (minutes - 1) * 60000 + 50);
    };
    tell();
  };
  countDown();
  document.addEventListener("htmx:after:swap", countDown);
})();

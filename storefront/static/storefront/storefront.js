/* What htmx leaves to us: the keyboard in the list of suggestions (the ARIA combobox pattern), the
   way back to a plain form when a request in the background fails, stock that is looked at again
   while a book's page is open, and the books that this browser has shown before. */

(() => {
  "use strict";

  const input = document.getElementById("search-q");
  const list = document.getElementById("suggestions");
  let current = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const isOpen = () => input.getAttribute("aria-expanded") === "true";

  const choose = (index) => {
    const all = options();
    current = index < -1 ? all.length - 1 : index >= all.length ? -1 : index;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === current)));
    if (current < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", all[current].id);
      all[current].scrollIntoView({ block: "nearest" });
    }
  };

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    choose(-1);
  };

  const onKey = (event) => {
    if (event.key === "Escape" && isOpen()) {
      event.preventDefault(); // the first Escape closes the list, the next one empties the field
      show(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options().length) return;
      event.preventDefault();
      if (!isOpen()) show(true);
      choose(current + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && isOpen() && current >= 0) {
      event.preventDefault();
      window.location.assign(options()[current].href);
    }
  };

  if (input && list) {
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "suggestions");
    list.setAttribute("role", "listbox");
    show(false);
    input.addEventListener("keydown", onKey);
    input.addEventListener("focus", () => show(options().length > 0));
    list.addEventListener("htmx:afterSwap", () => {
      show(options().length > 0 && document.activeElement === input);
    });
    // The focus stays in the field while one clicks: not every browser would give it to the link.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) show(false);
    });
    input.closest("form").addEventListener("focusout", (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) show(false);
    });
  }

  // The plain form always works: it shows the server's own answer, also when that is an error.
  // What only shows something says so in the words it carries.
  const onFailure = (event) => {
    const form = event.target.closest("form[method=post][hx-post]");
    const place = event.target.closest("[data-failed]");
    if (form) form.submit();
    else if (place) place.textContent = place.dataset.failed;
  };
  // While ordering pauses, the answer is an announcement, and the page stays as it is.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Reswap") !== "none") return;
    detail.shouldSwap = true;
    detail.isError = false;
  });
  document.addEventListener("htmx:responseError", onFailure);
  document.addEventListener("htmx:sendError", onFailure);

  // A page that comes back out of the browser's memory shows the basket as it is now.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && window.htmx) window.htmx.trigger(document.body, "visitor-changed");
  });

  // While somebody looks at a book, its stock is asked for again; the answer is empty while nothing
  // has changed. Each page waits a little more or less, so that many do not ask at once.
  const WATCH_MS = 15000;
  const watched = document.querySelector("[data-watched]");
  let seen = "";
  let asked = 0;
  const ask = () => {
    if (document.hidden || Date.now() - asked < WATCH_MS / 2) return;
    asked = Date.now();
    const path = `${watched.getAttribute("hx-get")}&seen=${seen}`;
    window.htmx.ajax("GET", path, { source: watched, swap: "none" });
  };
  const watch = () => {
    setTimeout(() => {
      ask();
      watch();
    }, WATCH_MS * (0.8 + 0.4 * Math.random()));
  };
  if (watched && window.htmx) {
    watched.addEventListener("htmx:afterRequest", (event) => {
      if (event.target !== watched) return;
      asked = Date.now();
      const tag = event.detail.xhr.getResponseHeader("ETag");
      if (tag) seen = tag.replace(/^(W\/)?"|"$/g, "");
    });
    document.addEventListener("visibilitychange", ask);
    watch();
  }

  // The books that were looked at are remembered by the browser alone, which may not want to.
  const VIEWED = "viewed";
  const MOST_VIEWED = 12;
  const recent = document.getElementById("recently-viewed");
  const remembered = () => {
    try {
      const numbers = JSON.parse(localStorage.getItem(VIEWED) || "[]");
      return numbers.filter((number) => /^\d{13}$/.test(number)).slice(0, MOST_VIEWED);
    } catch {
      return [];
    }
  };
  const remember = (numbers) => {
    try {
      if (numbers.length) localStorage.setItem(VIEWED, JSON.stringify(numbers));
      else localStorage.removeItem(VIEWED);
    } catch {
      // Then it is forgotten.
    }
  };
  const viewed = document.querySelector("[data-viewed]")?.dataset.viewed;
  const others = remembered().filter((number) => number !== viewed);
  if (viewed) remember([viewed, ...others].slice(0, MOST_VIEWED));
  if (recent && others.length && window.htmx) {
    window.htmx.ajax("GET", `${recent.dataset.cards}?isbn13=${others.join(",")}`, recent);
    recent.addEventListener("click", (event) => {
      if (!event.target.closest("[data-forget]")) return;
      remember([]);
      recent.replaceChildren();
      document.getElementById("content")?.focus();
    });
  }

  // An announcement goes away by itself, but never under the pointer or the focus.
  const toast = document.getElementById("announcement");
  const dismiss = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(dismiss, 3000);
    else toast.replaceChildren();
  };
  let timer;
  if (toast) {
    new MutationObserver(() => {
      clearTimeout(timer);
      if (toast.firstChild) timer = setTimeout(dismiss, 8000);
    }).observe(toast, { childList: true });
  }
})();

// The console's own script: keys, the sheet for forms, completion, notices.
// Nothing here decides anything; without it the same forms work as pages.
(() => {
  "use strict";
  const $ = (sel, from = document) => from.querySelector(sel);
  const all = (sel, from = document) => [...from.querySelectorAll(sel)];
  document.documentElement.classList.add("js");

  // The sheet: htmx puts a form into it, this shows it.
  const sheet = $("#sheet");
  let opener = null;
  const closeSheet = () => {
    if (!sheet || !sheet.open) return;
    sheet.close();
    $("#sheet-body").replaceChildren();
    const back = opener && (opener.isConnected ? opener : document.getElementById(opener.id)); // its card may have been drawn anew
    if (back) back.focus();
  };
  document.addEventListener("htmx:afterSwap", (e) => {
    if (e.target.id !== "sheet-body" || !$("form", e.target)) return;
    opener = opener && opener.isConnected ? opener : document.activeElement;
    if (!sheet.open) sheet.showModal();
    all("textarea[data-max]", e.target).forEach(countdown);
    const first = $("[autofocus], textarea, .field input, .field select, .btn", e.target);
    if (first) first.focus();
  });
  document.addEventListener("closesheet", closeSheet);
  if (sheet) {
    sheet.addEventListener("click", (e) => {
      if (!e.target.closest(".cancel")) return;
      e.preventDefault();
      closeSheet();
    });
    sheet.addEventListener("cancel", () => setTimeout(closeSheet));
  }
  document.addEventListener("click", (e) => {
    const b = e.target.closest(".buttons button, .command button");
    if (b) opener = b;
  });

  // Characters left in a long field.
  function countdown(area) {
    const left = document.createElement("span");
    left.className = "left";
    const show = () => {
      const n = Number(area.dataset.max) - [...area.value].length;
      left.textContent = n < 400 ? String(n) : "";
      left.classList.toggle("over", n < 0);
    };
    area.before(left);
    area.addEventListener("input", show);
    show();
  }

  // Notices are closed by their button or by Escape.
  document.addEventListener("click", (e) => {
    const close = e.target.closest(".notice .close");
    if (close) close.closest(".notice").remove();
  });
  document.addEventListener("htmx:afterSwap", (e) => {
    if (e.target.id !== "notices") return;
    all(":scope > .notice", e.target).slice(1).forEach((old) => old.remove());
    all(".menu[open]").forEach((m) => m.removeAttribute("open"));
  });

  // What was sent and done leaves its field.
  document.addEventListener("done", (e) => {
    const path = e.detail.value || "";
    if (path === "/command") { $("#line").value = ""; hideCompletions(); }
    if (path.endsWith("/say")) { const w = $("#words"); w.value = ""; w.focus(); }
  });
  document.addEventListener("htmx:sendError", () => {
    const n = $("#notices");
    if (!n || $(".offline", n)) return;
    const box = document.createElement("div");
    box.className = "notice refused offline";
    box.setAttribute("role", "alert");
    box.textContent = "The console cannot be reached right now. Nothing was changed; please try again in a moment.";
    n.prepend(box);
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    if (e.detail.successful) all(".offline").forEach((n) => n.remove());
  });

  // Completion of the command line.
  const line = $("#line"), box = $("#completions");
  const options = () => all("[role=option]", box);
  const chosen = () => $("[aria-selected=true]", box);
  function hideCompletions() {
    if (!box) return;
    box.hidden = true;
    line.setAttribute("aria-expanded", "false");
    line.removeAttribute("aria-activedescendant");
  }
  function choose(option) {
    options().forEach((o) => o.setAttribute("aria-selected", String(o === option)));
    if (option) { line.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else line.removeAttribute("aria-activedescendant");
  }
  function take(option) {
    line.value = option.dataset.value;
    line.dispatchEvent(new Event("input", { bubbles: true }));
    line.focus();
  }
  if (line) {
    let asking = false; // a sent line is not completed any more
    line.addEventListener("input", () => { asking = true; });
    line.addEventListener("focus", () => { asking = true; });
    line.form.addEventListener("submit", () => { asking = false; });
    document.addEventListener("htmx:afterSwap", (e) => {
      if (e.target !== box) return;
      const show = asking && options().length > 0 && document.activeElement === line;
      box.hidden = !show;
      line.setAttribute("aria-expanded", String(show));
    });
    line.addEventListener("keydown", (e) => {
      const list = options(), at = list.indexOf(chosen());
      if (e.key === "ArrowDown" && !box.hidden) { choose(list[(at + 1) % list.length]); e.preventDefault(); }
      else if (e.key === "ArrowUp" && !box.hidden) { choose(list[(at - 1 + list.length) % list.length]); e.preventDefault(); }
      else if ((e.key === "Enter" || e.key === "Tab") && !box.hidden && at >= 0) { take(list[at]); e.preventDefault(); }
      else if (e.key === "Tab" && !box.hidden && line.value && list.length) { take(list[0]); e.preventDefault(); }
      else if (e.key === "Enter") { asking = false; hideCompletions(); }
    });
    line.addEventListener("blur", () => setTimeout(hideCompletions, 150));
    box.addEventListener("mousedown", (e) => {
      const o = e.target.closest("[role=option]");
      if (o) { e.preventDefault(); take(o); }
    });
  }

  // Single keys. They can be switched off, for people who dictate.
  const store = { get: () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } },
    set: (on) => { try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* private windows: for this page only */ } } };
  let keysOn = store.get();
  const toggle = $("#keys-switch");
  if (toggle) {
    const show = () => { toggle.textContent = keysOn ? "Single keys are on" : "Single keys are off"; toggle.setAttribute("aria-pressed", String(keysOn)); };
    toggle.addEventListener("click", () => { keysOn = !keysOn; store.set(keysOn); show(); });
    show();
  }
  const step = (items, by, current) => {
    if (!items.length) return;
    const at = items.indexOf(current);
    const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const rows = (by) => step(all(".row"), by, document.activeElement.closest(".row") || (by > 0 ? $(".row[aria-current]") : null));
  const cards = (by) => step(all(".thread .note"), by, document.activeElement.closest(".thread .note"));
  const main = (key) => {
    const near = document.activeElement.closest(".note");
    const found = (near && $(`[data-key="${key}"]`, near)) || all(`.thread [data-key="${key}"]`).pop();
    if (found) { found.focus(); found.scrollIntoView({ block: "center" }); }
  };
  const keys = {
    j: () => rows(1), k: () => rows(-1), n: () => cards(1), p: () => cards(-1),
    a: () => main("a"), e: () => main("e"),
    m: () => { const w = $("#words"); if (w) w.focus(); },
    "/": () => { if (line) line.focus(); },
    "?": () => { location.href = "/help"; },
    u: () => { const b = $(".back a"); if (b) location.href = b.href; },
  };
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && !(sheet && sheet.open)) {
      const open = $(".menu[open]"), notice = $("#notices > .notice");
      if (box && !box.hidden) hideCompletions();
      else if (open) { open.removeAttribute("open"); $("summary", open).focus(); }
      else if (e.target.matches("input, textarea")) e.target.blur();
      else if (notice) notice.remove();
      return;
    }
    if (!keysOn || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.matches("input, textarea, select, [contenteditable]") || (sheet && sheet.open)) return;
    const run = keys[e.key];
    if (run) { e.preventDefault(); run(); }
  });

  // A thread opens at what waits: the last card with a main button. Before
  // there is one below the review, the review itself is what to look at.
  const notes = all(".thread .note");
  const last = notes.findLastIndex((n) => $(".btn.primary", n));
  if (last > 0 && !location.hash && matchMedia("(min-width: 761px)").matches) notes[last].scrollIntoView({ block: "start" });

  // What arrives below the screen is announced, not scrolled to: nobody loses
  // the line they are reading.
  const below = $("#below"), known = new Set(all(".thread .slot").map((n) => n.id));
  if (below) {
    const watch = new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting && s.target.id === below.dataset.to)) below.hidden = true; },
      { rootMargin: "0px 0px -160px 0px" });
    new MutationObserver(() => {
      const fresh = all(".thread .slot").filter((n) => !known.has(n.id));
      fresh.forEach((n) => { known.add(n.id); watch.observe(n); });
      const newest = fresh.pop();
      if (newest && newest.getBoundingClientRect().top > innerHeight - 160) { below.hidden = false; below.dataset.to = newest.id; }
    }).observe($(".case"), { childList: true, subtree: true });
    below.addEventListener("click", () => {
      const to = document.getElementById(below.dataset.to);
      below.hidden = true;
      if (to) { to.scrollIntoView({ block: "start" }); $(".note", to).focus({ preventScroll: true }); }
    });
  }
})();

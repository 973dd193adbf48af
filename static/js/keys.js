/* Shortcuts: of one letter, for those who want them, and Ctrl K. Each does what a link or field of the page does. */
"use strict";
(() => {
  const help = document.getElementById("shortcuts");
  const wanted = help.querySelector("[name=letters]");
  /* Rows that lead somewhere, on whichever list the page has. */
  const ROWS = "main :is(.t tbody tr, .needs li, .calm li, .found li, .chance, .lines > li)";
  const WAIT = 1500;

  /* Kept in this browser alone; where nothing can be kept they stay on. */
  const kept = (store) => { try { return store(localStorage); } catch { return null; } };
  wanted.checked = kept((box) => box.getItem("letters")) !== "off";
  wanted.addEventListener("change", () => kept((box) => box.setItem("letters", wanted.checked ? "on" : "off")));

  const tell = () => { if (!document.querySelector("dialog[open]")) help.showModal(); };
  for (const opener of document.querySelectorAll("[data-opens=shortcuts]")) {
    opener.hidden = false;
    opener.addEventListener("click", tell);
  }
  help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  const search = () => document.querySelector("[data-opens=palette]")?.click();
  function walk(step) {
    const rows = [...document.querySelectorAll(ROWS)].map((row) => row.querySelector("a[href]")).filter((link) => link?.offsetParent);
    if (!rows.length) return;
    const at = rows.findIndex((link) => link.closest(ROWS).contains(document.activeElement));
    rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
  }
  function line() {
    [...document.querySelectorAll(".quick [name=line]")].find((field) => field.offsetParent)?.focus();
  }
  const ACTS = { "/": search, "?": tell, j: () => walk(1), k: () => walk(-1), l: line };

  let going = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      search();
      return;
    }
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || !wanted.checked || document.querySelector("dialog[open]")) return;
    const page = Date.now() - going < WAIT && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    const act = page ? () => page.click() : ACTS[event.key];
    going = event.key === "g" && !page ? Date.now() : 0;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();

/* The shell's behaviour: command palette and toasts; js/keys.js has the shortcuts. Every page works without it. */
"use strict";
(() => {
  const palette = document.getElementById("palette");
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  for (const hint of document.querySelectorAll("[data-shortcut]")) hint.textContent = mac ? "⌘K" : "Ctrl K";

  /* The clients looked at last stand first, in this browser alone. */
  function recentFirst() {
    let recent = [];
    try {
      recent = JSON.parse(localStorage.getItem("recent") || "[]");
      const here = document.querySelector("[data-client]")?.dataset.client;
      if (here) {
        recent = [here, ...recent.filter((slug) => slug !== here)].slice(0, 8);
        localStorage.setItem("recent", JSON.stringify(recent));
      }
    } catch { return; }
    for (const slug of recent.toReversed()) {
      const item = palette.querySelector(`li[data-slug="${CSS.escape(slug)}"]`);
      item?.parentElement.prepend(item);
    }
  }

  function setUpPalette() {
    const query = palette.querySelector(".q");
    const items = [...palette.querySelectorAll("li")];
    const groups = [...palette.querySelectorAll("[data-group]")];
    const nothing = palette.querySelector(".nothing");
    const found = palette.querySelector("[data-found]");
    const all = () => [...palette.querySelectorAll("li")];
    const shown = () => all().filter((item) => !item.closest("[hidden]"));
    const link = (item) => item.querySelector("a");
    const name = () => all().forEach((item, i) => { link(item).id = `palette-${i}`; });
    name();
    recentFirst();

    function mark(item) {
      for (const other of all()) link(other).classList.toggle("on", other === item);
      if (item) {
        query.setAttribute("aria-activedescendant", link(item).id);
        item.scrollIntoView({ block: "nearest" });
      } else query.removeAttribute("aria-activedescendant");
    }
    function filter() {
      const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const item of items) {
        const name = item.dataset.name.toLowerCase();
        item.hidden = !words.every((word) => name.includes(word));
      }
      found.hidden = true;
      for (const group of groups) group.hidden = !group.querySelector("li:not([hidden])");
      const left = shown();
      nothing.hidden = left.length > 0;
      mark(left[0]);
    }
    /* What the page holds is shown at once; the whole answer takes its place when it is there, unless more was typed since. */
    let waits = 0;
    async function ask() {
      const asked = query.value.trim();
      if (!asked) return;
      const answer = await fetch(`${query.dataset.search}?part=list&q=${encodeURIComponent(asked)}`).catch(() => null);
      if (!answer?.ok || answer.redirected || query.value.trim() !== asked) return;
      found.innerHTML = await answer.text();
      if (query.value.trim() !== asked) return;
      for (const group of groups) group.hidden = true;
      nothing.hidden = true;
      found.hidden = false;
      name();
      mark(shown()[0]);
    }
    query.addEventListener("input", () => {
      filter();
      clearTimeout(waits);
      waits = setTimeout(ask, 120);
    });
    query.addEventListener("keydown", (event) => {
      const left = shown();
      const at = left.findIndex((item) => link(item).classList.contains("on"));
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (left.length) mark(left[(at + (event.key === "ArrowDown" ? 1 : left.length - 1)) % left.length]);
      } else if (event.key === "Enter" && left[at]) {
        event.preventDefault();
        link(left[at]).click();
      }
    });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
    return () => {
      if (palette.open) return;
      query.value = "";
      palette.showModal();
      filter();
      query.focus();
    };
  }

  const open = palette ? setUpPalette() : () => {};
  for (const opener of document.querySelectorAll("[data-opens=palette]")) {
    opener.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }

  for (const button of document.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => button.closest(".toast").remove());
  }
  for (const toast of document.querySelectorAll("[data-leaves]")) {
    /* Someone who is reading or tabbing through it keeps it. */
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, 6000);
  }
})();

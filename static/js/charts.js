/* Draws the page's charts with Plotly: one request for all figures, colours from the CSS tokens, again when they change.

   A figure names its colours as var(--token); the browser's own values are put in here, so light, dark and print agree
   with the rest of the page. The element that holds the charts carries data-figures, each chart data-chart. */
"use strict";
(() => {
  const page = document.querySelector("[data-figures]");
  if (!page || !window.Plotly) return;
  const frames = [...document.querySelectorAll("[data-chart]")];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let figures = {};

  function coloured(value, styles) {
    if (typeof value === "string") {
      return value.includes("var(--") ? value.replace(/var\((--[\w-]+)\)/g, (_, name) => styles.getPropertyValue(name).trim()) : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, styles));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, styles)]));
    }
    return value;
  }

  function draw(frame) {
    const figure = figures[frame.dataset.chart];
    if (!figure) {
      frame.textContent = "";
      return;
    }
    const { data, layout } = coloured(figure, getComputedStyle(document.documentElement));
    layout.width = frame.clientWidth;
    layout.height = frame.clientHeight;
    layout.autosize = false;
    const [first, last] = layout.xaxis.range.map((day) => Date.parse(`${day}Z`));
    const room = Math.floor((layout.width - layout.margin.l - layout.margin.r) / 72);
    layout.xaxis.nticks = Math.max(2, Math.min(room, 8, Math.round((last - first) / 864e5)));
    window.Plotly.react(frame, data, layout, { displayModeBar: false, responsive: false, doubleClick: false });
  }

  const drawAll = () => frames.forEach(draw);

  /* A chart that cannot be drawn says so in its place; the numbers around it are in the page already. */
  function fail(reason) {
    for (const frame of frames) {
      frame.className = "chart-none";
      frame.removeAttribute("role");
      frame.textContent = `The chart did not load (${reason}). Reload the page, or open “Says who?” for the table.`;
    }
  }

  fetch(page.dataset.figures, { headers: { Accept: "application/json" }, credentials: "same-origin" })
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`the server answered ${response.status}`))))
    .then((answer) => {
      figures = answer;
      drawAll();
      document.fonts?.ready.then(drawAll);
      dark.addEventListener("change", drawAll);
      /* Paper has the light tokens, whatever the screen had. */
      matchMedia("print").addEventListener("change", drawAll);
      let width = innerWidth;
      let timer = 0;
      addEventListener("resize", () => {
        if (innerWidth === width) return;
        width = innerWidth;
        clearTimeout(timer);
        timer = setTimeout(drawAll, 120);
      });
    })
    .catch((error) => fail(error.message));
})();

/* Parts that take longer than their page: data-later names the address of each, asked for once the page is there.
   What stands in the part until then leads to the same numbers, so it stays where nothing comes. */
"use strict";
for (const part of document.querySelectorAll("[data-later]")) {
  fetch(part.dataset.later, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(`the server answered ${answer.status}`))))
    .then((html) => {
      part.innerHTML = html;
    })
    .catch(() => {
      /* The link stays. */
    });
}

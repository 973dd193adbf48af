/* Trying a key without leaving the form, so that what was typed stays. Without this script the button sends the form, and the server keeps the key for a few minutes. */
"use strict";
for (const button of document.querySelectorAll("[data-tries]")) {
  const form = button.form;
  const place = document.getElementById(button.dataset.tries);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const named = button.textContent;
    button.disabled = true;
    button.textContent = "Trying…";
    try {
      const body = new FormData(form);
      body.set("do", "try");
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "found" } });
      place.innerHTML = await answer.text();
    } catch {
      place.textContent = "FracOps could not be reached. Try again.";
    }
    button.disabled = false;
    button.textContent = named;
  });
}

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
      /* An error's page, or the one to sign in on, is no answer to this. */
      if (!answer.ok || answer.redirected) throw new Error(`the server answered ${answer.status}`);
      place.innerHTML = await answer.text();
    } catch {
      place.textContent = "FracOps could not be reached, or you were signed out: look in another tab, then try again.";
    }
    button.disabled = false;
    button.textContent = named;
  });
}

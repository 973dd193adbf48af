/* Copy buttons: hidden until this script runs; data-copies names the field whose text is copied. The field can always be copied by hand. */
"use strict";
for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const named = button.textContent;
  button.setAttribute("aria-live", "polite");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      /* No clipboard without https, or it was refused: the text is selected, so that one key is left to press. */
      button.textContent = "Press Ctrl C";
    }
    setTimeout(() => { button.textContent = named; }, 4000);
  });
}

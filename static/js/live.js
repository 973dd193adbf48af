/* Parts of a page that go on while it is open. data-live names the address of the part; as long as what comes back says it is live, it is asked for again.
   Without this script the page shows how things stood when it was opened. */
"use strict";
const PAUSE = 3000;
for (const part of document.querySelectorAll("[data-live]")) {
  const ask = async () => {
    try {
      const answer = await fetch(part.dataset.live, { headers: { "X-Requested-With": "fetch" } });
      if (answer.redirected || !answer.ok) return;
      const before = document.activeElement;
      if (!part.contains(before)) part.innerHTML = await answer.text();
    } catch {
      /* No connection just now: the next round asks again. */
    }
    if (part.querySelector("[data-going]")) setTimeout(ask, PAUSE);
  };
  if (part.querySelector("[data-going]")) setTimeout(ask, PAUSE);
}

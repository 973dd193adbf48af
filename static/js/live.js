/* Parts of a page that go on while it is open. data-live names the address of the part; as long as what comes back says it is live, it is asked for again.
   Without this script the page shows how things stood when it was opened. */
"use strict";
const PAUSE = 3000;
/* After a press of “Sync now” a worker takes a moment to begin: so many rounds are asked in any case. */
const ROUNDS = new URLSearchParams(location.search).has("asked") ? 8 : 0;
for (const part of document.querySelectorAll("[data-live]")) {
  let rounds = ROUNDS;
  const ask = async () => {
    rounds -= 1;
    try {
      const answer = await fetch(part.dataset.live, { headers: { "X-Requested-With": "fetch" } });
      if (answer.redirected) return;
      if (answer.ok && !part.contains(document.activeElement)) part.innerHTML = await answer.text();
    } catch {
      /* No connection just now: the next round asks again. */
    }
    if (rounds > 0 || part.querySelector("[data-going]")) setTimeout(ask, PAUSE);
  };
  if (rounds > 0 || part.querySelector("[data-going]")) setTimeout(ask, PAUSE);
}

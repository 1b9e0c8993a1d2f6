// The register shows who confirmed meanwhile, without a reload; it never touches what the teacher chose. Not when nobody looks.
"use strict";
{
  const ASK = 7000; // milliseconds
  const list = document.querySelector("[data-live-url]");
  const words = (name) => document.querySelector(`template[data-live-${name}]`).content.cloneNode(true);
  let busy = false, stopped = false;

  async function ask() {
    if (busy || stopped || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(list.dataset.liveUrl, { headers: { "X-Requested-With": "poll" }, redirect: "manual" });
      if (answer.ok) take(await answer.json());
      else stopped = true; // locked or signed out: again when somebody comes back to this page
    } catch {
      // no connection: the next time
    }
    busy = false;
  }
  function take(told) {
    Object.entries(told.rows).forEach(([key, said]) => show(document.getElementById(`line-${key}`), said));
    const count = document.querySelector("[data-count=confirmed]");
    if (count.textContent !== String(told.confirmed)) count.textContent = told.confirmed;
  }
  function show(row, said) {
    const cell = row?.querySelector(".row-evidence");
    if (!cell) return; // placed in the group after this page was made
    if (!cell.querySelector("[data-at]")) {
      row.dataset.confirmed = "";
      cell.querySelectorAll("[data-evidence]").forEach((part) => { part.hidden = true; });
      const part = words("confirmed");
      part.querySelector("[data-time]").textContent = said.at;
      cell.prepend(part);
      if (said.mismatch) cell.append(words("mismatch"));
    }
    if (said.same_device && !cell.querySelector("[data-same-device]")) cell.append(words("device"));
  }

  setInterval(ask, ASK);
  document.addEventListener("visibilitychange", () => { stopped = false; ask(); });
}

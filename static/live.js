// The register shows who confirmed meanwhile, without a reload: each row as a reload would show it. It never touches what the
// teacher chose (register.js, "stored"). Not when nobody looks.
"use strict";
{
  const ASK = 7000; // milliseconds
  const THERE = ["present", "late", "left_early"]; // as in attendance/rules.py
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
      cell.querySelectorAll("[data-evidence]").forEach((part) => { part.hidden = true; });
      const part = words("confirmed");
      part.querySelector("[data-time]").textContent = said.at;
      cell.prepend(part);
      const decided = !said.mismatch && !THERE.includes(said.state);
      row.dataset.confirmed = decided ? "" : said.at;
      if ("row" in row.dataset) mayMark(row, said, cell);
      else mayRead(row, said);
    }
    if (said.same_device && !cell.querySelector("[data-same-device]")) cell.append(words("device"));
  }
  function mayMark(row, said, cell) {
    const reported = row.dataset.proposed === "reported" && said.state !== "reported";
    if (reported && !cell.querySelector("[data-reported]")) cell.prepend(words("reported"));
    contradiction(row);
    row.dispatchEvent(new CustomEvent("stored", { detail: said, bubbles: true }));
  }
  function mayRead(row, said) {
    const part = words(`state="${said.state}"`);
    part.querySelector("small").hidden = !said.minutes;
    part.querySelector("[data-small]").textContent = said.minutes;
    row.querySelector(".state").replaceWith(part);
    if (said.mismatch) contradiction(row, row.querySelector(".state [data-word]").textContent.toLowerCase());
    const states = [...list.querySelectorAll(".register-row > .state")].map((state) => state.dataset.state);
    const there = states.filter((state) => THERE.includes(state)).length, open = states.filter((state) => !state).length;
    Object.entries({ present: there, absent: states.length - there - open, open }).forEach(
      ([name, number]) => { document.querySelector(`[data-count=${name}]`).textContent = number; });
  }
  // What a row shows when its student confirmed and somebody says "not there". In a register that is filled in it is hidden
  // until then; a row that was decided has none.
  function contradiction(row, said) {
    if (!row.dataset.confirmed || row.querySelector("[data-mismatch]")) return;
    const part = words("mismatch").firstElementChild, name = row.querySelector(".row-name").textContent.trim();
    part.hidden = !said;
    part.querySelector("[data-said]").textContent = said ?? "";
    part.querySelectorAll("[data-claim], .visually-hidden").forEach((text) => {
      text.textContent = text.textContent.replace("{name}", name).replace("{at}", row.dataset.confirmed);
    });
    const link = part.querySelector("a");
    if (link) link.href = link.href.replace("00000000-0000-0000-0000-000000000000", row.dataset.row);
    row.append(part);
  }

  list.querySelectorAll("[data-row][data-confirmed]").forEach((row) => contradiction(row));
  setInterval(ask, ASK);
  document.addEventListener("visibilitychange", () => { stopped = false; ask(); });
}

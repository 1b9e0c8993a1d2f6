// The board keeps itself up to date: it asks its own page again and takes over the parts that live. Not when nobody looks.
"use strict";
{
  const ASK = 7000, SECOND = 1000; // milliseconds
  const board = document.querySelector("[data-board]");
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const names = () => [...board.querySelectorAll("#board-people li bdi")];
  let until = 0, busy = false, stopped = false, timer;

  function begin() {
    const left = board.querySelector("[data-left]");
    until = left ? Date.now() + left.dataset.left * SECOND : 0;
    if (left) left.hidden = false;
    board.querySelectorAll(".without-script-board").forEach((part) => { part.hidden = true; });
    tick();
  }
  function tick() {
    const left = board.querySelector("[data-left-words]");
    if (!left) return;
    const seconds = Math.max(Math.ceil((until - Date.now()) / SECOND), 0);
    left.textContent = clock(seconds);
    board.querySelector("#board-code progress").value = seconds;
    if (!seconds) ask();
  }
  async function ask() {
    if (busy || stopped || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(location.pathname, { headers: { "X-Requested-With": "poll" }, redirect: "manual" });
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      else stop();
    } catch {
      // no connection: the next time
    }
    busy = false;
  }
  function take(fresh) {
    const known = new Set(names().map((name) => name.textContent));
    board.querySelectorAll("[data-live]").forEach((part) => part.replaceChildren(...fresh.getElementById(part.id).childNodes));
    names().filter((name) => !known.has(name.textContent)).forEach((name) => name.parentElement.classList.add("is-new"));
    begin();
  }
  function stop() { // signed out, locked, or no longer hers: what stands here is old
    stopped = true;
    clearInterval(timer);
    board.querySelectorAll("[data-live]").forEach((part) => part.replaceChildren());
    board.querySelector("[data-board-locked]").hidden = false;
  }

  begin();
  timer = setInterval(ask, ASK);
  setInterval(tick, SECOND);
  document.addEventListener("visibilitychange", ask);
}

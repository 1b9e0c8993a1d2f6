// The class tablet goes back to its start by itself: what one student typed or reads is not for the next.
"use strict";
{
  const SAID = 8000, IDLE = 45000; // milliseconds
  const start = document.querySelector("[data-tablet]").dataset.tablet;
  const number = document.querySelector("[name=number]"); // not there while somebody's card is read
  const fresh = () => number && !document.querySelector(".error-summary") && !number.value && !document.querySelector(".notice-success");
  let timer;

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!fresh()) location.replace(start); }, IDLE);
  }
  setTimeout(() => document.querySelectorAll(".notice-success").forEach((said) => said.remove()), SAID);
  ["input", "click", "keydown"].forEach((kind) => document.addEventListener(kind, wait));
  if (!number) document.querySelector("[name=pin]").focus();
  else if (fresh() || document.querySelector(".notice-success")) number.focus();
  wait();
}

// The little that HTML cannot do. Every page works without it.
"use strict";

const all = (selector) => [...document.querySelectorAll(selector)];
const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

// "/" goes to the search field that is in view.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const field = all("input[type=search]").find((input) => input.offsetParent);
  if (field) {
    event.preventDefault();
    field.select();
  }
});

// A link may have a key of its own, such as the arrows between two days.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || typing(event.target)) return;
  document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`)?.click();
});

// Menus are <details>: a click elsewhere or Escape closes them; Escape gives the focus back.
function closeMenus() {
  all("details.menu[open]").forEach((menu) => {
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  });
}
document.addEventListener("click", (event) => {
  const inside = event.target.closest("details.menu");
  all("details.menu[open]").forEach((menu) => { if (menu !== inside) menu.open = false; });
});

// Leaving a form that was changed (or that came back with errors) asks first; sending it does not.
const unsaved = new Set(all("form[data-warn-unsaved]").filter((form) => form.querySelector(".error-summary")));
const watched = (event) => event.target.closest?.("form[data-warn-unsaved]");
document.addEventListener("input", (event) => { if (watched(event)) unsaved.add(watched(event)); });
document.addEventListener("submit", (event) => unsaved.delete(watched(event)));
window.addEventListener("beforeunload", (event) => {
  if ([...unsaved].some((form) => form.isConnected)) event.preventDefault();
});

// A form that came back with errors starts at the summary.
const focusSummary = (root) => root.querySelector(".error-summary")?.focus();
focusSummary(document);
document.addEventListener("htmx:afterSwap", (event) => focusSummary(event.target));

// htmx: say it when an action did not arrive.
const failed = document.getElementById("request-failed");
["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) =>
  document.addEventListener(name, () => { failed.hidden = false; failed.scrollIntoView({ block: "center" }); }));
document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.successful) failed.hidden = true; });

// The keypad types into its PIN field; the last digit sends. Paste keeps digits only: codes are often sent as "123 456".
all(".keypad").forEach((keypad) => {
  const pin = document.getElementById(keypad.dataset.for);
  const form = pin.form;
  const send = () => {
    if (pin.value.length < pin.maxLength) return;
    const missing = form.querySelector("input:invalid");
    if (missing) missing.focus();
    else form.requestSubmit();
  };
  keypad.hidden = false;
  all("[data-with-keypad]").forEach((hint) => { hint.hidden = false; });
  pin.addEventListener("input", send);
  pin.addEventListener("paste", (event) => {
    event.preventDefault();
    pin.value = event.clipboardData.getData("text").replace(/\P{Nd}/gu, "").slice(0, pin.maxLength);
    send();
  });
  keypad.addEventListener("click", (event) => {
    const key = event.target.closest("button")?.dataset.key;
    if (!key) return;
    if (key === "clear") pin.value = "";
    else if (key === "back") pin.value = pin.value.slice(0, -1);
    else if (pin.value.length < pin.maxLength) {
      pin.value += key;
      send();
    }
  });
});

// The QR code of a card and the link in an e-mail lead here with a secret behind the #, which browsers do not send: wipe it
// from the address and post it.
const secretForm = document.querySelector("form[data-secret]");
if (secretForm && location.hash.length > 1) {
  secretForm.elements.token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  secretForm.requestSubmit();
}

// Read aloud, only with a voice of the device itself: others send the text to a company.
const ownVoice = () => window.speechSynthesis?.getVoices()
  .find((voice) => voice.localService && voice.lang.slice(0, 2) === document.documentElement.lang.slice(0, 2));
function offerListening() {
  all("[data-listen]").forEach((button) => { button.hidden = !ownVoice(); });
}
window.speechSynthesis?.addEventListener("voiceschanged", offerListening);
offerListening();
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-listen]");
  if (!button) return;
  const words = new SpeechSynthesisUtterance(
    all(button.dataset.listen).filter((part) => part.offsetParent).map((part) => part.innerText).join(". "));
  words.voice = ownVoice();
  words.lang = words.voice.lang;
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
});

// Ticking a whole list is a button; each tick can be taken away again.
all("[data-tick-all]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.closest("form").querySelectorAll("input[type=checkbox]:enabled")];
    boxes.forEach((box) => { box.checked = true; });
    boxes[0]?.dispatchEvent(new Event("input", { bubbles: true }));
  });
});

// Printing is a button where a page is made for paper.
all("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

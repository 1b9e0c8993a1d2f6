// The code of the board was scanned: it stands behind the # of the address, which is sent to no server. Take it from there
// into the form; on the way, while signing in, carry it along.
"use strict";
{
  const scanned = location.hash.slice(1);
  const forms = [...document.querySelectorAll("form[data-board-code]")];
  const page = document.querySelector("[data-takes-code]");
  if (/^[A-Z2-9]{6,8}-\d{6}$/.test(scanned)) {
    if (page) take();
    else document.querySelectorAll("form").forEach((form) => { form.action = `${form.action.split("#")[0]}#${scanned}`; });
  }
  function take() {
    history.replaceState(null, "", location.pathname);
    const own = forms.filter((form) => form.dataset.boardCode === scanned.split("-")[0]);
    (own.length ? own : forms).forEach((form) => {
      form.elements.code.value = scanned;
      form.querySelector("details").open = true;
      form.querySelector("[data-scanned]").hidden = false;
      form.querySelector("[data-typed]").hidden = true;
    });
    const elsewhere = page.querySelector("[data-scanned-elsewhere]");
    if (elsewhere) elsewhere.hidden = false;
  }
}

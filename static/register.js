// The register: a tap changes the page at once and is saved a moment later. Without this script the page is a plain form.
// Nothing is kept outside this page: marks that cannot be sent yet wait here until they can.
"use strict";
{
  // As in attendance/rules.py.
  const CYCLE = ["present", "absent", "late", "reported"];
  const THERE = ["present", "late", "left_early"];
  const WITH_MINUTES = ["late", "left_early"];
  const DIGITS = ["present", "absent", "late", "reported", "left_early"];
  const PAUSE = 600, RETRY = 5000, PATIENCE = 15000; // milliseconds

  const form = document.querySelector("form[data-register]");
  const find = (selector) => form.querySelector(selector);
  const given = form.dataset;
  const planned = Number(given.planned);
  const clockAhead = given.now * 1000 - Date.now(); // the school's clock counts, not the device's
  const language = document.documentElement.lang;
  const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString(
    language, { hour: "2-digit", minute: "2-digit", timeZone: given.zone });
  const within = (minutes) => Math.min(Math.max(minutes, 1), planned);

  // Minutes missed at this moment; after (or before) the lesson a guess to correct.
  function minutesByTheClock(state) {
    const now = Date.now() + clockAhead;
    const missed = Math.ceil((state === "late" ? now - given.starts * 1000 : given.ends * 1000 - now) / 60000);
    return missed >= 1 && missed < planned ? missed : within(15);
  }

  // --- one student. A value is "state minutes", such as "late 15"; "" is a proposal.
  class Row {
    constructor(element) {
      this.element = element;
      this.id = element.dataset.row;
      this.button = this.find("[data-tap]");
      this.radios = [...element.querySelectorAll("input[type=radio]")];
      this.minutesField = this.find(`[name="${this.id}-minutes"]`);
      this.versionField = this.find(`[name="${this.id}-version"]`);
      this.proposed = element.dataset.proposed; // while nobody marked it
      this.saved = element.dataset.stored; // what the school has
      this.tried = new Set(); // what it may have, sent without an answer
      this.shown = this.value; // before the browser itself changed a radio or a number
    }

    find(selector) { return this.element.querySelector(selector); }
    get state() { return this.radios.find((radio) => radio.checked)?.value ?? ""; }
    get minutes() { return WITH_MINUTES.includes(this.state) ? Number(this.minutesField.value) : 0; }
    get value() { return this.state && `${this.state} ${this.minutes}`; }
    set value(value) {
      const [state, minutes] = value.split(" ");
      this.radios.forEach((radio) => { radio.checked = radio.value === state; });
      this.minutesField.value = WITH_MINUTES.includes(state) ? minutes : "";
      this.shown = value;
    }

    get isDirty() { return this.value !== this.saved; }
    get clash() { return this.find("[data-clash]"); }
    face(state) { return this.radios.find((radio) => radio.value === state).parentElement; }
    word(value) {
      const [state, minutes] = value.split(" ");
      const word = this.face(state).querySelector("[data-word]").textContent.toLowerCase();
      return WITH_MINUTES.includes(state) ? `${word}, ${minutes} ${given.min}` : word;
    }

    paint() {
      const state = this.state, shown = state || this.proposed, timed = WITH_MINUTES.includes(state);
      this.button.dataset.state = shown;
      this.button.toggleAttribute("data-proposal", !state);
      if (state) this.find("[data-sign]").replaceChildren(this.face(state).querySelector("svg").cloneNode(true));
      this.find("[data-word]").textContent = this.face(shown).querySelector("[data-word]").textContent;
      this.find("[data-small]").textContent = timed ? `${this.minutes} ${given.min}` : state ? "" : given.proposal;
      this.find("[data-minutes]").hidden = !timed;
      const moment = state === "late" ? given.starts * 1000 + this.minutes * 60000 : given.ends * 1000 - this.minutes * 60000;
      this.find("[data-when]").textContent = `${state === "late" ? given.in : given.out} ${clock(moment)}`;
      this.find("[data-wait]").hidden = !(since && this.isDirty);
      const mismatch = this.find("[data-mismatch]");
      if (mismatch) {
        mismatch.hidden = !state || THERE.includes(state);
        if (state) mismatch.querySelector("[data-said]").textContent = this.word(this.value);
      } else if (this.saved && !("confirmed" in this.element.dataset) && !this.find("[data-evidence=paper]")) {
        this.find("[data-evidence=teacher]").hidden = false;
        this.find("[data-evidence=none]").hidden = true;
      }
    }
  }

  const rows = [...form.querySelectorAll("[data-row]")].map((element) => new Row(element));
  const rowOf = (element) => rows.find((row) => row.element === element.closest("[data-row]"));
  const dirty = () => rows.filter((row) => row.isDirty);

  // --- changing. Every step can be taken back.
  const steps = [];
  function change(changes) {
    steps.push(changes.map(([row]) => [row, row.shown]));
    changes.forEach(([row, value]) => { row.value = value; });
    later();
  }
  function put(row, state) {
    const [before, minutes] = row.shown.split(" ");
    const missed = before === state ? minutes : minutesByTheClock(state);
    change([[row, `${state} ${WITH_MINUTES.includes(state) ? missed : 0}`]]);
  }
  function tap(row) {
    const place = CYCLE.indexOf(row.state || row.proposed); // left early is no part of it: from there to present
    put(row, CYCLE[(place + 1) % CYCLE.length]);
  }
  function step(row, by) {
    const next = by > 0 ? Math.floor(row.minutes / 5) * 5 + 5 : Math.ceil(row.minutes / 5) * 5 - 5;
    change([[row, `${row.state} ${within(next)}`]]);
  }
  function undo() {
    // What the school once had cannot become a proposal again: it becomes what was proposed.
    steps.pop()?.forEach(([row, value]) => { row.value = value || (row.saved || row.tried.size ? `${row.proposed} 0` : ""); });
    later();
  }
  const restPresent = () => change(rows.filter((row) => !row.state).map((row) => [row, `${row.proposed} 0`]));

  // --- saving: one request at a time, each with what changed. Signing sends every row, so that nothing is signed unseen.
  let timer, since = "", locked = false, busy = Promise.resolve();
  const inTurn = (work) => (busy = busy.then(work));
  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
    showSaving(true);
  }
  function save() {
    clearTimeout(timer);
    return inTurn(async () => {
      if (dirty().length || since) await post("save", dirty());
      else showSaving(false);
    });
  }
  function sign() {
    const clash = find("[data-clash] button");
    if (clash) return clash.focus();
    clearTimeout(timer);
    return inTurn(() => post("sign", rows));
  }

  async function post(action, chosen) {
    const said = new Map(chosen.map((row) => [row, row.value]));
    const body = new FormData(form);
    rows.filter((row) => !said.has(row)).forEach(
      (row) => ["state", "minutes", "version"].forEach((name) => body.delete(`${row.id}-${name}`)));
    body.set("action", action);
    chosen.filter((row) => row.isDirty).forEach((row) => row.tried.add(row.value));
    showSaving(true);
    try {
      await take(await fetch(location.pathname, {
        method: "POST", body: new URLSearchParams(body), redirect: "manual", keepalive: true, signal: AbortSignal.timeout(PATIENCE),
        headers: { "X-Requested-With": "fetch" },
      }), said);
    } catch {
      lost();
    }
    showSaving(false);
    paint();
  }

  async function take(answer, said) {
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      locked = true;
      return;
    }
    if (answer.status !== 200 && answer.status !== 422) return lost();
    const told = await answer.json();
    since = "";
    locked = false;
    if (told.errors) return refuse(told.errors);
    refuse({});
    accept(told, said);
    if (told.signed_at) location.reload();
  }

  // A row that was tapped again meanwhile keeps its newest mark and goes along next time.
  function accept(told, said) {
    const clashes = new Map(told.conflicts.map((conflict) => [conflict.enrolment, conflict]));
    rows.filter((row) => told.rows[row.id]).forEach((row) => {
      const stored = told.rows[row.id], value = `${stored.state} ${stored.minutes}`;
      const conflict = clashes.get(row.id), ours = row.value;
      if (!conflict && !said.has(row) && row.isDirty) return;
      const follows = conflict ? !row.tried.has(value) : ours === (said.get(row) ?? row.saved);
      row.saved = value;
      row.versionField.value = stored.version;
      if (follows) row.value = value;
      if (conflict && follows) ask(row, conflict, ours, value);
      row.tried.clear();
    });
    if (told.saved_at) find("[data-saved-at]").textContent = told.saved_at;
    find("[data-count=confirmed]").textContent = told.counts.confirmed;
    if (dirty().length) later();
  }

  // Somebody else's mark stands; ours waits in the question. (If "theirs" is a mark of ours that arrived without our
  // knowing, there is nothing to ask.)
  function ask(row, conflict, ours, theirs) {
    row.clash?.remove();
    const block = find("[data-clash-template]").content.cloneNode(true);
    const fill = (selector, words, value) => {
      const part = block.querySelector(selector);
      part.textContent = part.textContent.replace(/{(\w+)}/g, (_all, name) => words[name]);
      if (value) part.dataset.answer = value;
    };
    fill("[data-title]", { who: conflict.who, at: conflict.at });
    fill("[data-ours]", { mark: row.word(ours) }, ours);
    fill("[data-theirs]", { who: conflict.who, mark: row.word(theirs) }, theirs);
    row.element.append(block);
  }

  function lost() {
    since ||= clock(Date.now() + clockAhead);
    clearTimeout(timer);
    timer = setTimeout(save, RETRY);
  }
  function refuse(errors) {
    rows.forEach((row) => {
      const field = row.find("[data-error]");
      field.textContent = (errors[row.id] ?? []).join(" ");
      field.hidden = !field.textContent;
    });
    find("[data-why]").textContent = (errors[""] ?? []).join(" ");
    find("[data-trouble=refused]").hidden = !errors[""];
  }

  // After signing in again in another tab the page has a new token to send along.
  async function renew() {
    const page = await fetch(location.pathname, { redirect: "manual" }).catch(lost);
    if (!page?.ok) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
    find("[name=csrfmiddlewaretoken]").value = fresh.value;
    locked = false;
  }
  async function retry() {
    if (locked) await inTurn(renew);
    await save();
    paint();
  }

  // --- what the page says
  const showOne = (name, chosen) => form.querySelectorAll(`[data-${name}]`).forEach(
    (part) => { part.hidden = part.getAttribute(`data-${name}`) !== chosen; });
  let saving = false;
  function showSaving(now) {
    saving = now;
    paint();
  }
  function paint() {
    rows.forEach((row) => row.paint());
    const open = rows.filter((row) => !row.state).length, there = rows.filter((row) => THERE.includes(row.state)).length;
    find("[data-count=open]").textContent = open;
    find("[data-count=present]").textContent = there;
    find("[data-count=absent]").textContent = rows.length - open - there;
    const waiting = dirty().length, stuck = Boolean(since) || locked;
    const everSaved = find("[data-saved-at]").textContent;
    showOne("save", saving && !stuck && waiting ? "saving" : waiting ? "waiting" : everSaved ? "saved" : "nothing");
    find("[data-trouble=offline]").hidden = !since || locked;
    find("[data-trouble=locked]").hidden = !locked;
    find("[data-since]").textContent = since;
    find("[data-waiting]").textContent = waiting;
    showOne("sign-note", stuck ? "waiting" : find("[data-clash]") ? "clash" : "free");
    find("[data-sign-now]").disabled = stuck;
    find("[data-undo]").disabled = !steps.length;
  }

  // --- listening
  const list = find("[data-list]");
  function open(row, wanted = true) {
    rows.forEach((other) => {
      const isOpen = other === row && wanted;
      other.element.toggleAttribute("data-opened", isOpen);
      other.find("[data-open]").setAttribute("aria-expanded", isOpen);
    });
  }
  const answers = {
    "data-tap": (row) => tap(row),
    "data-open": (row) => open(row, !("opened" in row.element.dataset)),
    "data-step": (row, button) => step(row, Number(button.dataset.step)),
    "data-answer": (row, button) => {
      change([[row, button.dataset.answer]]);
      row.clash?.remove();
      row.button.focus();
      paint();
    },
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const kind = button && Object.keys(answers).find((name) => button.hasAttribute(name));
    if (kind) answers[kind](rowOf(button), button);
  });
  list.addEventListener("change", (event) => {
    const row = rowOf(event.target);
    if (event.target.type === "radio") put(row, row.state);
    else change([[row, `${row.state} ${within(Math.round(event.target.value) || 1)}`]]);
  });
  // The student confirmed meanwhile (live.js): what nobody marked is what the school has now. A mark that waits here stays.
  list.addEventListener("stored", (event) => {
    const row = rowOf(event.target), { state, minutes, version } = event.detail;
    if (!row.saved && !row.value) {
      row.saved = row.value = `${state} ${minutes}`;
      row.versionField.value = version;
    }
    paint();
  });
  // Only for the keyboard: under a mouse the list must not move.
  list.addEventListener("focusin", (event) => { if (event.target.matches("[data-tap]:focus-visible")) open(rowOf(event.target)); });

  // Keys work only while the focus is in the list (WCAG 2.1.4). T leads to the button: signing itself is never one key.
  const keys = { r: restPresent, z: undo, t: () => find("[data-sign-now]").focus() };
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rowOf(event.target);
    if (event.target.matches("input[type=text]")) {
      if (event.key !== "Enter") return;
      event.preventDefault(); // leaving the field is what takes the number over
      return row.button.focus();
    }
    const next = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (next) rows[rows.indexOf(row) + next]?.button.focus();
    else if (DIGITS[event.key - 1]) put(row, DIGITS[event.key - 1]);
    else if (event.key === "Escape") open(row, false);
    else if (keys[event.key.toLowerCase()]) keys[event.key.toLowerCase()]();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const action = event.submitter?.value;
    if (action === "rest_present") restPresent();
    else if (action === "sign") sign();
    else save();
  });
  find("[data-undo]").addEventListener("click", undo);
  form.querySelectorAll("[data-retry]").forEach((button) => button.addEventListener("click", retry));
  window.addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && steps.length) save();
    else if (locked) retry();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!steps.length || !dirty().length) return;
    if (since || locked) event.preventDefault();
    else save();
  });

  delete form.dataset.warnUnsaved; // this script saves, and warns itself
  form.classList.add("is-live");
  paint();
}

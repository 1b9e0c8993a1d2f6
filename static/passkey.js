// Passkeys: the device makes one or signs with one, and the form takes its answer along. Bytes travel as base64url.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (keys) => keys?.map((key) => ({ ...key, id: toBytes(key.id) }));

async function create({ publicKey }) {
  const made = await navigator.credentials.create({ publicKey: {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
    excludeCredentials: withBytes(publicKey.excludeCredentials),
  } });
  return answer(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get({ publicKey }) {
  const used = await navigator.credentials.get({ publicKey: {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    allowCredentials: withBytes(publicKey.allowCredentials),
  } });
  return answer(used, {
    authenticatorData: toText(used.response.authenticatorData),
    signature: toText(used.response.signature),
    userHandle: used.response.userHandle && toText(used.response.userHandle),
  });
}

const answer = (credential, response) => JSON.stringify({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
});

// The question stands in the page; at the door it is fetched, for the page itself is the same for everybody.
async function question(form) {
  if (!form.dataset.options) return JSON.parse(form.querySelector("#passkey-options").textContent);
  const asked = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!asked.ok) throw new Error(asked.statusText);
  return asked.json();
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelectorAll("[role=alert]").forEach((line) => { line.hidden = true; });
    if (!window.PublicKeyCredential) {
      form.querySelector("[data-passkey-unknown]").hidden = false;
      return;
    }
    try {
      const ask = form.dataset.passkey === "create" ? create : get;
      form.elements.credential.value = await ask(await question(form));
      form.querySelectorAll("[data-follows]").forEach((field) => {
        field.value = document.getElementById(field.dataset.follows).checked ? "on" : "";
      });
      form.submit();
    } catch {
      form.querySelector("[data-passkey-problem]").hidden = false;
    }
  });
});

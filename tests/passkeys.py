"""A device of somebody, for tests: makes a passkey and signs with it, as a browser would hand it over."""

import hashlib
import json
import os
import re
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from tests.people import Browser

FLAG = AuthenticatorData.FLAG


class Device:
    """Holds one passkey. `verifies`: it checks finger, face or code; `origin`: the site it believes to be at."""

    def __init__(self, *, verifies: bool = True, origin: str = "https://testserver") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.handle = ""
        self.origin = origin
        self.flags = FLAG.UP | (FLAG.UV if verifies else FLAG(0))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to a page that asks for a new passkey."""
        asked = options["publicKey"]
        self.handle = asked["user"]["id"]
        public = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))  # type: ignore[no-untyped-call]
        data = AuthenticatorData.create(self._site(asked["rp"]["id"]), self.flags | FLAG.AT, 0, public)
        client = CollectedClientData.create("webauthn.create", asked["challenge"], self.origin)
        response = {"attestationObject": websafe_encode(AttestationObject.create("none", data, {})), "transports": ["internal"]}
        return self._answer(client, response)

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to a page that asks for a passkey."""
        asked = options["publicKey"]
        client = CollectedClientData.create("webauthn.get", asked["challenge"], self.origin)
        data = AuthenticatorData.create(self._site(asked["rpId"]), self.flags, 1)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.handle,
        }
        return self._answer(client, response)

    def _site(self, name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

    def _answer(self, client: CollectedClientData, response: dict[str, Any]) -> str:
        known = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key"}
        response = {"clientDataJSON": websafe_encode(client), **response}
        return json.dumps({**known, "clientExtensionResults": {}, "authenticatorAttachment": "platform", "response": response})


def options_in(page: str) -> dict[str, Any]:
    """What a page asks of the device."""
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found, page
    asked: dict[str, Any] = json.loads(found[1])
    return asked


def add(browser: Browser, device: Device, name: str = "Mijn telefoon") -> int:
    """Make a passkey in `browser`; the status."""
    answer = device.make(options_in(browser.get(reverse("mfa_add_webauthn")).content.decode()))
    return int(browser.post(reverse("mfa_add_webauthn"), {"name": name, "credential": answer}).status_code)


def enter(device: Device, browser: Browser | None = None, **more: str) -> tuple[Browser, str]:
    """Sign in with the passkey alone; the browser and where it is sent."""
    browser, door = browser or Browser(), reverse("mfa_login_webauthn")
    asked = browser.get(door, headers={"Accept": "application/json"}).json()
    answer = browser.post(door, {"credential": device.sign(asked), **more})
    return browser, str(answer.headers.get("Location", ""))

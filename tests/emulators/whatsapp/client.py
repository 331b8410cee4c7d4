"""The emulator from outside: people who write and press, faults, options, and what happened."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx


class WhatsApp:
    """A running emulator at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=120)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        response = self._http.request(method, f"/_/{path}", **more)
        if response.status_code == 400:
            raise ValueError(response.json()["error"])
        return response.raise_for_status().json()

    def close(self) -> None:
        self._http.close()

    def state(self) -> dict[str, Any]:
        return self.ask("GET", "state")

    def stats(self) -> dict[str, Any]:
        """arrivals, throttled, contract_violations, own_violations, leaked_credentials, deliveries, failures."""
        return self.ask("GET", "stats")

    def options(self, **changes: Any) -> dict[str, Any]:
        return self.ask("POST", "options", json=changes)

    def environment(self) -> dict[str, str]:
        """What Kawan is started with."""
        options = self.state()["options"]
        return {
            "KAWAN_TWILIO_API_URL": self.url,
            "KAWAN_TWILIO_ACCOUNT_SID": options["account_sid"],
            "KAWAN_TWILIO_AUTH_TOKEN": options["auth_token"],
            "KAWAN_TWILIO_WHATSAPP_FROM": options["from_address"],
        }

    def reset(self) -> None:
        """As at the start: nobody, nothing said, nothing in flight, the first options."""
        self.ask("POST", "reset")

    def person(self, phone: str = "", name: str = "Sari", external_user_id: str = "", **more: Any) -> "Person":
        """Somebody new with a phone; without a number they are known by their external id alone."""
        fields = {"phone": phone, "name": name, "external_user_id": external_user_id, **more}
        return Person(self, self.ask("POST", "people", json=fields)["address"])

    def window_age(self, person: "Person", hours: float | None) -> None:
        """As if the person had last written so many hours ago; None for never."""
        person.change(window_age=hours)

    def fault(self, kind: str, **more: Any) -> None:
        """The next send meets it: 429, 500, 502, 503, hang (seconds=), drop, code (code=, late=); times=, to=."""
        self.ask("POST", "faults", json={"kind": kind, **more})

    def fault_rates(self, *rates: dict[str, Any], seed: int = 1) -> None:
        self.ask("POST", "fault-rates", json={"rates": list(rates), "seed": seed})

    def clear_faults(self) -> None:
        self.ask("DELETE", "faults")

    def contents(self) -> list[dict[str, Any]]:
        return self.ask("GET", "contents")

    def approve(self, sid: str, status: str = "approved", reason: str = "") -> None:
        self.ask("POST", f"contents/{sid}/approval", json={"status": status, "reason": reason})


@dataclass(frozen=True)
class Person:
    """One person's phone."""

    whatsapp: WhatsApp
    address: str

    def _post(self, verb: str, **more: Any) -> dict[str, Any]:
        return self.whatsapp.ask("POST", f"people/{quote(self.address, safe='')}/{verb}", **more)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.whatsapp.ask("GET", f"people/{quote(self.address, safe='')}/messages")

    @property
    def received(self) -> list[dict[str, Any]]:
        """What arrived on the phone: what failed did not."""
        return [one for one in self.messages if not one["inbound"] and one["status"] in {"sent", "delivered", "read"}]

    @property
    def last(self) -> dict[str, Any]:
        return self.received[-1]

    @property
    def titles(self) -> list[str]:
        """Of the buttons or items of the last message."""
        return [one["title"] for one in self.last["buttons"] or self.last["items"]]

    def say(self, text: str, **more: Any) -> dict[str, Any]:
        """Write, and wait until the application has taken it; the message and its delivery. `forwarded=True` as well."""
        return self._post("say", json={"text": text, **more})

    def press(self, choice: str | int, sid: str = "") -> dict[str, Any]:
        """Press a button or pick an item of the last message (or of that one), by title, id or number from 1."""
        return self._post("press", json={"sid": sid or self.last["sid"], "choice": choice})

    def send_file(self, content: bytes, content_type: str, name: str = "file", text: str = "") -> dict[str, Any]:
        files = {"file": (name, content, content_type)}
        return self._post("file", files=files, data={"content_type": content_type, "text": text})

    def send_photo(self, content: bytes, text: str = "") -> dict[str, Any]:
        return self.send_file(content, "image/jpeg", "photo.jpg", text)

    def send_voice(self, content: bytes) -> dict[str, Any]:
        return self.send_file(content, "audio/ogg", "voice.ogg")

    def send_contact(self, vcard: bytes) -> dict[str, Any]:
        return self.send_file(vcard, "text/vcard", "contact.vcf")

    def send_location(self, latitude: float, longitude: float, label: str = "", address: str = "") -> dict[str, Any]:
        place = {"latitude": latitude, "longitude": longitude, "label": label, "address": address}
        return self._post("location", json=place)

    def send_raw(self, **form: str) -> dict[str, Any]:
        """Any form, signed."""
        return self._post("raw", json=form)

    def change(self, **fields: Any) -> dict[str, Any]:
        """name, external_user_id, on_whatsapp, opted_out, window_age (hours)."""
        return self._post("change", json=fields)

    def wait(self, count: int | None = None, seconds: float = 30) -> dict[str, Any]:
        """The newest message on the phone, once there are `count` in all, or one after the person's last own."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(self.received) >= count if count is not None else self._is_answered():
                return self.last
            time.sleep(0.02)
        raise AssertionError(f"nothing arrived in {seconds} s; all: {self.messages}")

    def _is_answered(self) -> bool:
        arrived = [one for one in self.messages if one["inbound"] or one["status"] in {"sent", "delivered", "read"}]
        return bool(arrived) and not arrived[-1]["inbound"]

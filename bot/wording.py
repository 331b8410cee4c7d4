"""Puts a queued message into words at the last moment, asking once more whether it may leave and in what form."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.channels import Attached, Capabilities, Pressed, Ready, SendError
from bot.channels import Outbound as Message
from bot.inbox import uuid_of
from covenant import consent, templates
from covenant.broadcasts import text_for
from covenant.messages import render_all
from db.messages import Lane, Outbound, OutboundState
from db.people import AddressState, Contact, Purpose
from db.records import Broadcast, BroadcastState
from locales import Catalogues

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=30)
GIVE_UP_LOOKING = timedelta(days=1)


Attach = Callable[[Session, Outbound, str], Attached | None]


class Withheld(Exception):
    """At the moment of sending it is clear that the message must not leave."""


class Paused(Exception):
    """The message must not leave now, and may later."""


class Held(Exception):
    """The provider lets nothing free leave now, and there is no approved template: it waits for the person."""


def nothing_to_attach(_session: Session, _row: Outbound, _file: str) -> None:
    """Attach nothing, where a channel shows files by itself."""


@dataclass(frozen=True)
class Wording:
    """The words of what leaves; `attach` brings a file by its public id (`my-data`: what is kept of the person)."""

    catalogues: Catalogues
    attach: Attach = nothing_to_attach

    def take(self, session: Session, row: Outbound, able: Capabilities) -> Message | None:
        """Return a queued message ready to be sent, marked as such; None when it does not leave now."""
        try:
            content = self._content(session, row)
            template = self._template(session, row, able)
        except Paused:  # between the choice of the rows and now
            return None
        except Withheld:
            row.state = OutboundState.SKIPPED
            return None
        except Held:
            row.state, row.error = OutboundState.HELD, "window_closed"
            templates.knock(session, row, self.catalogues)
            return None
        except (LookupError, TypeError, ValueError, NoResultFound) as problem:  # it would hold up everybody else's
            log.warning("outbound %s cannot be put into words: %s", row.id, type(problem).__name__)
            row.state, row.error = OutboundState.FAILED, "unsayable"
            return None
        row.content = content
        row.template = template.name if template else None
        row.state = OutboundState.SENDING
        row.attempts += 1
        file = content.get("file")
        attached = self.attach(session, row, file) if file else None
        return replace(_message(row, content, template, attached), pressed=_pressed(session, row))

    def again(self, session: Session, row: Outbound) -> Message:
        """Return a message that may have left, to be looked up."""
        contact = session.get_one(Contact, row.contact_id)
        template = templates.ready(session, contact, row.content, self.catalogues) if row.template else None
        return _message(row, row.content, template and Ready(*template))

    def look_later(self, row: Outbound, problem: SendError) -> None:
        """Look a doubtful message up again later; after a day it stays `unknown` for good."""
        now = datetime.now(UTC)
        waited = now - (row.doubted_at or now)
        row.error = problem.code[:64]
        row.due_at = now + (max(waited, LOOK_AGAIN) if waited < GIVE_UP_LOOKING else timedelta(days=36500))

    def _template(self, session: Session, row: Outbound, able: Capabilities) -> Ready | None:
        if able.window is None or _is_open(row, able.window):
            if templates.KNOCKING in row.content:  # the person has written meanwhile, and gets what waited instead
                raise Withheld
            return None
        found = templates.ready(session, session.get_one(Contact, row.contact_id), row.content, self.catalogues)
        if found is None:
            raise Held
        return Ready(*found)

    def _content(self, session: Session, row: Outbound) -> dict[str, Any]:
        """Render what is queued, asking once more whether it may leave at all."""
        if row.lane != Lane.REPLY and row.address.state != AddressState.ACTIVE:
            raise Withheld
        contact = session.get_one(Contact, row.contact_id)
        purpose = Purpose.NEWS if row.lane == Lane.BROADCAST else row.content.get("purpose")
        if purpose and not consent.has_given(session, contact, purpose):
            raise Withheld
        if "broadcast" in row.content:
            return _broadcast_content(session.get_one(Broadcast, row.content["broadcast"]), contact)
        if "says" in row.content:
            return self._rendered(row, contact)
        return row.content

    def _rendered(self, row: Outbound, contact: Contact) -> dict[str, Any]:
        rendered = render_all(self.catalogues, contact.language, row.content["says"])
        buttons = [{"title": title, "payload": payload} for title, payload in rendered.buttons]
        return {**row.content, "text": rendered.text, "buttons": buttons, "lang": contact.language}


def _is_open(row: Outbound, hours: float) -> bool:
    began = row.address.last_inbound_at
    return began is not None and datetime.now(UTC) - began < timedelta(hours=hours)


def _broadcast_content(broadcast: Broadcast, contact: Contact) -> dict[str, Any]:
    if broadcast.state != BroadcastState.QUEUED:
        raise Paused if broadcast.state == BroadcastState.PAUSED else Withheld
    language = contact.language if contact.language in broadcast.texts else broadcast.base_language
    return {"broadcast": broadcast.id, "text": text_for(broadcast, contact.language), "lang": language}


def _pressed(session: Session, row: Outbound) -> Pressed | None:
    """Return the message that the person answers by a button, as far as it can be changed: whole, without a file."""
    told = row.content.get("pressed") or {}
    token = uuid_of(str(told.get("token", "")))
    answered = session.scalars(select(Outbound).where(Outbound.token == token)).first() if token else None
    if answered is None or answered.provider_id is None or answered.content.get("file"):
        return None
    return Pressed(answered.provider_id, str(answered.content.get("text", "")), str(told.get("title") or ""))


def _message(row: Outbound, content: dict[str, Any], template: Ready | None, file: Attached | None = None) -> Message:
    return Message(
        id=row.id,
        address=row.address.phone or row.address.external_id,
        text=content["text"],
        buttons=tuple(content.get("buttons") or ()),
        file=file,
        language=content["lang"],
        token=row.token.hex,
        template=template,
        subject=content.get("subject", ""),
    )

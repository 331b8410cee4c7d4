"""Files that leave with a message: attached where a channel can, else by a signed address that holds for an hour."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import qr
from bot.channels import Attached
from bot.channels import Outbound as Message
from bot.inbox import uuid_of
from covenant import access, invitations, papers, privacy
from covenant.codes import INVITING, code_in, digest
from db.engine import Sessions
from db.messages import Outbound
from db.people import Contact

MY_DATA = "my-data"
HOLDS = 3600  # seconds
PATH = "/handouts/{token}/{until}/{signature}"

ReadFile = Callable[[str], bytes]  # the bytes of a file by its public id


@dataclass(frozen=True)
class Handouts:
    """Brings the file of a message, and makes and serves the addresses under which it can be fetched."""

    sessions: Sessions
    secret: str
    public_url: str
    read_file: ReadFile

    def attach(self, session: Session, row: Outbound, file: str) -> Attached | None:
        """Return the file that a message names: what is kept of the person, a paper made now, a file they may have."""
        contact = session.get_one(Contact, row.contact_id)
        if file == MY_DATA:
            text = json.dumps(privacy.export(session, contact), ensure_ascii=False, indent=2)
            return Attached("my-data.json", "application/json", text.encode())
        if file.startswith(invitations.QR):
            return _invitation(session, row, file.removeprefix(invitations.QR))
        if papers.described(file):
            paper = papers.make(session, contact, file)
            return Attached(paper.name, paper.media_type, paper.content) if paper else None
        found = access.file_for(session, file, row.contact_id)
        return Attached(found.name, found.media_type, self.read_file(file)) if found else None

    def link(self, message: Message) -> str:
        """Return an address for the file of a message that holds for an hour."""
        until = int(time.time()) + HOLDS
        return f"{self.public_url}/handouts/{message.token}/{until}/{self._signature(message.token, until)}"

    def _signature(self, token: str, until: int) -> str:
        return hmac.new(self.secret.encode(), f"handout:{token}:{until}".encode(), hashlib.sha256).hexdigest()

    def router(self) -> APIRouter:
        """Return the route of the signed addresses."""
        router = APIRouter()
        router.get(PATH)(self.fetch)
        return router

    def fetch(self, token: str, until: int, signature: str) -> Response:
        """Give a file to whoever has its address, while that holds."""
        genuine = hmac.compare_digest(signature.encode(), self._signature(token, until).encode())
        if not genuine or until < time.time():
            raise HTTPException(404)
        with self.sessions() as session:
            row = session.scalars(select(Outbound).where(Outbound.token == uuid_of(token))).first()
            file = self.attach(session, row, str(row.content.get("file", ""))) if row else None
        if file is None:
            raise HTTPException(404)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "Cache-Control": "no-store",
        }
        return Response(file.content, media_type=file.media_type, headers=headers)


def _invitation(session: Session, row: Outbound, public_id: str) -> Attached | None:
    """Draw an open invitation for who made it; its code is known only to the message that told it to them."""
    found = invitations.of_maker(session, public_id, row.contact_id, datetime.now(UTC))
    text = str(row.content.get("text", ""))
    code = code_in(text, INVITING)
    if found is None or code is None or digest(code) != found.digest:
        return None
    return Attached(qr.NAME, qr.TYPE, qr.picture(qr.link_with(code, text)))

"""The web page's channel: a cookie is the address, what is sent shows up in a feed, live over server-sent events.

The contract with the page (`bot/channels/page/`) is described in `docs/architecture.md`.
"""

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import psycopg
from fastapi import APIRouter, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot import files, inbox
from bot.bell import Bell, listening, until
from bot.channels import Capabilities, Inbound, Limit, Outbound, Place, storable
from bot.channels.web_feed import HISTORY, News, Person, Seen, begin, is_typing, last_feed, news_since, paper_of, said
from bot.store import Missing, Store
from covenant import access, privacy
from covenant.codes import carried
from covenant.messages import Say
from covenant.outbox import FEED_WAKE
from db.engine import Sessions
from db.messages import Inbound as InboundRow
from db.people import Address, Contact
from locales import LANGUAGES, Catalogues, render

log = logging.getLogger(__name__)

NAME = "web"
COOKIE = "kawan_chat"
YEAR = 365 * 24 * 3600
KEEP_ALIVE = 15.0  # seconds; proxies close a silent stream
LONGEST = 20_000  # characters a message may have
PAGE_TEXTS = "utter_page_"


class WebChannel:
    """Sending on the web is being marked as sent: the page reads the feed, so a second time has no second effect."""

    name = NAME
    capabilities = Capabilities(idempotent=True, at_once=50)

    def limits(self, _address: str) -> Sequence[Limit]:
        """Return none: the feed is our own."""
        return ()

    async def send(self, message: Outbound, _place: Place) -> str:
        """Return the feed's own id of the message."""
        return str(message.id)

    async def find(self, message: Outbound, _since: datetime) -> Sequence[str]:
        """Return the feed's own id: what was recorded is there."""
        return (str(message.id),)

    async def close(self) -> None:
        """Do nothing: there is no connection."""


Text = Annotated[str, BeforeValidator(storable)]


class SessionWish(BaseModel):
    """What the page tells when it opens."""

    language: Text | None = Field(default=None, max_length=64)
    timezone: Text | None = Field(default=None, max_length=64)
    start: Text | None = Field(default=None, max_length=64)


class LanguageWish(BaseModel):
    """The language picked in the page's menu."""

    language: str = Field(max_length=8)


class Written(BaseModel):
    """What a person wrote or pressed. `id` is the page's own, so a repeated post is harmless."""

    id: UUID
    text: Text = Field(default="", max_length=LONGEST)
    payload: Text | None = Field(default=None, max_length=2000)
    title: Text | None = Field(default=None, max_length=500)


def address_of(token: str) -> str:
    """Return the address that a cookie stands for; who reads the database cannot make the cookie from it."""
    return hashlib.sha256(token.encode()).hexdigest()[:40]


Given = TypeVar("Given")
Read = TypeVar("Read")


@dataclass
class WebDoor:
    """The page's routes."""

    sessions: Sessions
    catalogues: Catalogues
    secret: str
    url: str
    store: Store
    secure: bool
    rings: dict[int, Bell] = field(default_factory=dict)

    def router(self) -> APIRouter:
        """Return the routes under `/chat`."""
        router = APIRouter(prefix="/chat")
        router.post("/session")(self.open_session)
        router.get("/history")(self.history)
        router.post("/messages", status_code=202)(self.write)
        router.post("/files", status_code=202)(self.upload)
        router.post("/language")(self.choose_language)
        router.get("/events")(self.events)
        router.get("/files/{public_id}")(self.file)
        router.get("/papers/{feed}")(self.paper)
        router.get("/my-data.json")(self.my_data)
        return router

    # --- who is there -------------------------------------------------------------------------------------------

    def open_session(self, wish: SessionWish, request: Request, response: Response) -> dict[str, Any]:
        """Find or make the person behind the cookie; somebody new is greeted."""
        token = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
        with self.sessions.begin() as session:
            known = inbox.find_address(session, NAME, address_of(token))
            if known is None:
                token = secrets.token_urlsafe(32)  # a cookie we do not know is never taken over
                self._greet(session, token, wish)
            else:
                self._use_code(session, known, wish)
            contact = _contact(session, address_of(token))
            language = contact.language
        response.set_cookie(
            COOKIE, token, max_age=YEAR, httponly=True, samesite="lax", secure=self.secure, path="/chat"
        )
        return {
            "languages": [{"code": one.code, "name": one.name} for one in LANGUAGES.values()],
            "language": language,
            "texts": self._texts(language),
            "max_file_mb": files.MAX_BYTES // 1024 // 1024,
            "fresh": known is None,
        }

    def _greet(self, session: Session, token: str, wish: SessionWish) -> None:
        country, language = inbox.deep_link(wish.start)
        code = carried(wish.start)  # who comes by a code's link needs no greeting
        greeting = Inbound(
            channel=NAME,
            address=address_of(token),
            external_id=f"hello:{address_of(token)}",
            text=code or "",
            payload=None if code else "/greet",
            language=language or wish.language,
            country=country,
            time_zone=wish.timezone,
        )
        inbox.store(session, greeting, datetime.now(UTC), self.secret)

    def _use_code(self, session: Session, known: Address, wish: SessionWish) -> None:
        code = carried(wish.start)
        if code:
            message = Inbound(NAME, known.external_id, f"{known.id}:{code}", text=code)
            inbox.store(session, message, datetime.now(UTC), self.secret)

    def person(self, request: Request) -> Person:
        """Return who the cookie belongs to; 401 without one that we gave."""
        token = request.cookies.get(COOKIE, "")
        with self.sessions() as session:
            address = inbox.find_address(session, NAME, address_of(token)) if token else None
            if address is None:
                raise HTTPException(401, {"error": self._say("utter_refused_session", "en")})
            return Person(address.id, address.contact_id, address.external_id, address.contact.language)

    def _texts(self, language: str) -> dict[str, str]:
        catalogue = self.catalogues[language]
        return {key: catalogue.text(key) for key in catalogue.sources if key.startswith(PAGE_TEXTS)}

    def _say(self, key: str, language: str) -> str:
        return render(self.catalogues, language, Say(key).as_json()).text

    # --- what comes in ------------------------------------------------------------------------------------------

    def write(self, written: Written, request: Request) -> dict[str, str]:
        """Take a message or a pressed button; answered as soon as it is stored."""
        person = self.person(request)
        message_id = person.message_id(written.id)
        message = Inbound(NAME, person.external_id, message_id, written.text, written.payload, written.title)
        if not message.content.get("text", "").strip() and not message.content.get("payload"):
            raise HTTPException(422, {"error": self._say("utter_refused_empty", person.language)})
        self._store(person, message)
        return {"id": str(written.id)}

    def _store(self, person: Person, message: Inbound) -> None:
        with self.sessions.begin() as session:
            self._refuse_flood(session, person)
            inbox.store(session, message, datetime.now(UTC), self.secret)

    def _refuse_flood(self, session: Session, person: Person) -> None:
        if inbox.is_full(session, person.contact_id):
            sorry = self._say("utter_refused_flood", person.language)
            raise HTTPException(429, {"error": sorry}, {"Retry-After": "5"})

    async def upload(
        self,
        request: Request,
        id: Annotated[UUID, Form()],
        file: UploadFile,
        caption: Annotated[Text, Form(max_length=2000)] = "",
    ) -> dict[str, str]:
        """Take a photo or a PDF; the type is what the content shows, whatever the name says."""
        person = await asyncio.to_thread(self.person, request)
        content = await file.read(files.MAX_BYTES + 1)
        if len(content) > files.MAX_BYTES:
            raise HTTPException(413, {"error": self._say("utter_refused_size", person.language)})
        external_id = person.message_id(id)
        if not await asyncio.to_thread(self._wants, person, external_id):
            return {"id": str(id)}
        try:
            clean = await files.cleaned(content)
        except files.FileRefused:
            raise HTTPException(415, {"error": self._say("utter_refused_type", person.language)}) from None
        await asyncio.to_thread(self._keep_file, person, external_id, file.filename or "file", clean, caption)
        return {"id": str(id)}

    def _keep_file(self, person: Person, external_id: str, name: str, clean: files.Clean, caption: str) -> None:
        with self.sessions.begin() as session:
            row = files.keep(session, self.store, person.contact_id, name, clean)
            message = Inbound(
                channel=NAME, address=person.external_id, external_id=external_id, text=caption, file=row.public_id
            )
            if not inbox.store(session, message, datetime.now(UTC), self.secret):
                session.rollback()  # the same post came twice at the same moment, and the other was first

    def _wants(self, person: Person, external_id: str) -> bool:
        """Tell whether a file is new; 429 when there is too much of the person waiting already."""
        with self.sessions() as session:
            query = select(InboundRow.id).where(InboundRow.channel == NAME, InboundRow.external_id == external_id)
            if session.scalar(query):
                return False
            self._refuse_flood(session, person)
            return True

    def choose_language(self, wish: LanguageWish, request: Request) -> dict[str, Any]:
        """Give the page's texts in a language, and let the conversation switch to it."""
        person = self.person(request)
        if wish.language not in LANGUAGES:
            raise HTTPException(422, {"error": self._say("utter_refused_language", person.language)})
        payload = f'/change_language{{"language": "{wish.language}"}}'
        title = LANGUAGES[wish.language].name
        self._store(person, Inbound(NAME, person.external_id, person.message_id(uuid4()), payload=payload, title=title))
        return {"texts": self._texts(wish.language)}

    # --- what goes out ------------------------------------------------------------------------------------------

    def history(self, request: Request, before: int | None = None) -> dict[str, Any]:
        """Return what was said, oldest first, up to now or before a message."""
        person = self.person(request)
        with self.sessions() as session:
            messages = said(session, person, before)
            return {
                "messages": messages,
                "last": str(last_feed(session, person)),
                "typing": is_typing(session, person),
                "more": len(messages) == HISTORY,
            }

    async def events(self, request: Request) -> EventSourceResponse:
        """Stream what is said from the event that the page saw last."""
        person = await asyncio.to_thread(self.person, request)
        seen = request.headers.get("Last-Event-ID") or request.query_params.get("last") or "0"
        after = int(seen) if seen.isdecimal() else 0
        return EventSourceResponse(
            self._stream(person, after), ping=int(KEEP_ALIVE), headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, person: Person, after: int) -> AsyncIterator[ServerSentEvent]:
        seen = await asyncio.to_thread(self._read, begin, person, after)
        yield ServerSentEvent(comment="welcome")
        try:
            while True:
                ring = self.rings.setdefault(person.address_id, Bell()).next_ring
                news = await asyncio.to_thread(self._read, news_since, person, seen)
                for event in _events(news, seen):
                    yield event
                seen = news.seen
                await until(ring, 1.0 if seen.typing else KEEP_ALIVE)
        finally:
            self._wake(person.address_id)  # another tab of the same person makes a bell of its own

    def _read(self, what: Callable[[Session, Person, Given], Read], person: Person, given: Given) -> Read:
        with self.sessions() as session:
            return what(session, person, given)

    async def listen(self) -> None:
        """Ring the bells of the people for whom something was sent; runs as long as the web process."""
        while True:
            try:
                async with listening(self.url, (FEED_WAKE,)) as notices:
                    for address_id in tuple(self.rings):  # what was sent while nobody listened
                        self._wake(address_id)
                    async for notice in notices:
                        self._wake(int(notice.payload))
            except (psycopg.Error, OSError) as problem:
                log.warning("listening: %s", type(problem).__name__)
            await asyncio.sleep(1)

    def _wake(self, address_id: int) -> None:
        bell = self.rings.pop(address_id, None)
        if bell:
            bell.ring()

    def file(self, public_id: str, request: Request) -> Response:
        """Give a file to who may have it, and to nobody else."""
        person = self.person(request)
        with self.sessions() as session:
            row = access.file_for(session, public_id, person.contact_id)
        if row is None:
            raise HTTPException(404)
        try:
            content = self.store.open(row.public_id)
        except Missing:
            raise HTTPException(404) from None
        headers = {
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(row.name)}",
            "Content-Length": str(row.size),
        }
        return StreamingResponse(content, media_type=row.media_type, headers=headers)

    def paper(self, feed: int, request: Request) -> Response:
        """Give the paper that came with a message to whom it was sent, made anew."""
        person = self.person(request)
        with self.sessions() as session:
            paper = paper_of(session, person, feed)
        if paper is None:
            raise HTTPException(404)
        headers = {
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(paper.name)}",
            "Cache-Control": "no-store",
        }
        return Response(paper.content, media_type=paper.media_type, headers=headers)

    def my_data(self, request: Request) -> Response:
        """Give everything that is kept about the person as JSON."""
        person = self.person(request)
        with self.sessions() as session:
            content = privacy.export(session, session.get_one(Contact, person.contact_id))
        return JSONResponse(content, headers={"Content-Disposition": 'attachment; filename="my-data.json"'})


def _events(news: News, before: Seen) -> Iterator[ServerSentEvent]:
    for message in news.mine:
        yield ServerSentEvent(event="message", data=json.dumps(message, ensure_ascii=False))
    for feed, message in news.theirs:
        yield ServerSentEvent(event="message", id=str(feed), data=json.dumps(message, ensure_ascii=False))
    if news.seen.typing != before.typing:
        yield ServerSentEvent(event="typing", data=json.dumps({"typing": news.seen.typing}))


def _contact(session: Session, external_id: str) -> Contact:
    address = inbox.find_address(session, NAME, external_id)
    if address is None:
        raise LookupError
    return address.contact

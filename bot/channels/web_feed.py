"""What the page shows of a conversation, both sides, as its own messages: the history, and what was said since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from covenant import papers
from db.messages import File, Inbound, InboundState, Outbound, OutboundState
from db.people import Contact

HISTORY = 60  # messages at once
OWN_DATA = "my-data"


@dataclass(frozen=True)
class Person:
    """Who is on the page: the address, the contact and the language, as plain values."""

    address_id: int
    contact_id: int
    external_id: str
    language: str

    def message_id(self, page_id: UUID) -> str:
        """Return the id of a message of this person; the page's own id alone could be made to meet somebody else's."""
        return f"{self.address_id}:{page_id}"


@dataclass(frozen=True)
class Seen:
    """How far a stream has come."""

    feed: int
    inbound: int
    typing: bool | None = None


@dataclass(frozen=True)
class News:
    """What a stream has to tell, and how far it has come then."""

    mine: list[dict[str, Any]]
    theirs: list[tuple[int, dict[str, Any]]]
    seen: Seen


def begin(session: Session, person: Person, after: int) -> Seen:
    """Return where a stream begins that has seen the feed up to `after`."""
    newest = select(func.max(Inbound.id)).where(Inbound.address_id == person.address_id)
    return Seen(feed=after, inbound=session.scalar(newest) or 0)


def news_since(session: Session, person: Person, seen: Seen) -> News:
    """Return what was said since, the person's own messages first: another tab of theirs shows them too."""
    came = select(Inbound).where(Inbound.address_id == person.address_id, Inbound.id > seen.inbound)
    went = select(Outbound).where(Outbound.address_id == person.address_id, Outbound.feed > seen.feed)
    mine = session.scalars(came.order_by(Inbound.id).limit(HISTORY)).all()
    theirs = session.scalars(went.order_by(Outbound.feed).limit(HISTORY)).all()
    names = _file_rows(session, [*mine, *theirs])
    return News(
        mine=[_inbound(row, person.language, names) for row in mine if row.content and _is_shown(row)],
        theirs=[(row.feed or 0, _outbound(row, names)) for row in theirs],
        seen=Seen(
            feed=theirs[-1].feed or 0 if theirs else seen.feed,
            inbound=mine[-1].id if mine else seen.inbound,
            typing=is_typing(session, person),
        ),
    )


def last_feed(session: Session, person: Person) -> int:
    """Return the number of the newest thing that was sent to a person."""
    return session.scalar(select(func.max(Outbound.feed)).where(Outbound.address_id == person.address_id)) or 0


def is_typing(session: Session, person: Person) -> bool:
    """Whether an answer is under way."""
    waiting = select(Inbound.id).where(Inbound.address_id == person.address_id, Inbound.state == InboundState.WAITING)
    return session.scalar(waiting.limit(1)) is not None


def said(session: Session, person: Person, before: int | None) -> list[dict[str, Any]]:
    """Return what was said, oldest first, up to now or before the feed's number `before`."""
    came = select(Inbound).where(Inbound.address_id == person.address_id)
    went = select(Outbound).where(Outbound.address_id == person.address_id, Outbound.state == OutboundState.SENT)
    if before is not None:
        moment = select(Outbound.sent_at).where(Outbound.feed == before).scalar_subquery()
        came = came.where(Inbound.received_at < moment)
        went = went.where(Outbound.feed < before)
    mine = session.scalars(came.order_by(Inbound.id.desc()).limit(HISTORY)).all()
    theirs = session.scalars(went.order_by(Outbound.feed.desc()).limit(HISTORY)).all()
    names = _file_rows(session, [*mine, *theirs])
    said = [_inbound(row, person.language, names) for row in mine if row.content and _is_shown(row)]
    return sorted([*said, *(_outbound(row, names) for row in theirs)], key=lambda message: message["at"])[-HISTORY:]


def _is_shown(row: Inbound) -> bool:
    return not row.external_id.startswith("hello:")


def _file_rows(session: Session, rows: Sequence[Inbound | Outbound]) -> dict[str, File]:
    wanted = [row.content["file"] for row in rows if row.content.get("file")]
    return (
        {one.public_id: one for one in session.scalars(select(File).where(File.public_id.in_(wanted)))}
        if wanted
        else {}
    )


def _inbound(row: Inbound, language: str, names: dict[str, File]) -> dict[str, Any]:
    file = names.get(row.content.get("file", ""))
    return {
        "id": row.external_id.partition(":")[2],
        "from": "me",
        "text": row.content.get("text") or row.content.get("title") or "",
        "buttons": [],
        "files": [_as_file(file)] if file else [],
        "at": row.received_at.isoformat(),
        "lang": language,
    }


def _outbound(row: Outbound, names: dict[str, File]) -> dict[str, Any]:
    content = row.content
    return {
        "id": f"o{row.feed}",
        "from": "bot",
        "text": content["text"],
        "buttons": content.get("buttons") or [],
        "files": _handed_out(row, names),
        "at": (row.sent_at or row.queued_at).isoformat(),
        "lang": content.get("lang", "en"),
    }


def _handed_out(row: Outbound, names: dict[str, File]) -> list[dict[str, Any]]:
    """Return what a message brings along: the person's data, a paper made when it is fetched, or a file."""
    file = str(row.content.get("file") or "")
    if file == OWN_DATA:
        return [{"name": "my-data.json", "type": "application/json", "size": None, "url": "/chat/my-data.json"}]
    about = papers.described(file)
    if about:
        return [{"name": about[0], "type": about[1], "size": None, "url": f"/chat/papers/{row.feed}"}]
    return [_as_file(names[file])] if file in names else []


def _as_file(file: File) -> dict[str, Any]:
    return {"name": file.name, "type": file.media_type, "size": file.size, "url": f"/chat/files/{file.public_id}"}


def paper_of(session: Session, person: Person, feed: int) -> papers.Paper | None:
    """Return the paper of a message that was sent to a person; None when there is none, or no right to it any more."""
    query = select(Outbound).where(Outbound.address_id == person.address_id, Outbound.feed == feed)
    row = session.scalars(query).first()
    file = str(row.content.get("file") or "") if row else ""
    return papers.make(session, session.get_one(Contact, person.contact_id), file) if file else None

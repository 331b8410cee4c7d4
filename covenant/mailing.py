"""An e-mail address as one more address of a person: it is asked, a code is sent there, the code is typed in the chat.

Kawan only sends e-mail and reads none. Until the code comes back the address is unconfirmed and gets nothing else.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from covenant import drafts
from covenant.apps import name_of, tell_others
from covenant.codes import MINUTES, VALID, make_code
from covenant.fields import Field, Journey
from covenant.messages import Choice, Say, button
from covenant.outbox import EMAIL, is_silent, queue_content, skip_waiting
from covenant.plans import Plan, register
from covenant.turn import Turn
from covenant.values import Kind
from db.messages import Lane, Outbound
from db.people import Address, AddressState, LinkCode
from db.records import Draft

MOST_MAILS, WITHIN = 3, timedelta(hours=1)  # nobody's letter box is filled by somebody else's chat
KEPT = timedelta(days=1)  # an address that was never confirmed, and a code that is over
MAIL = Journey(key="mail", fields=(Field("own_email", Kind.EMAIL, skippable=False),), review=False, counted=False)


def begin(turn: Turn) -> list[Say]:
    """Ask for the e-mail address."""
    return drafts.begin(turn, MAIL.key)


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    email = str(draft.values["own_email"])
    address = find(turn.session, email)
    if address and address.contact_id == turn.contact.id and address.state != AddressState.UNCONFIRMED:
        return [Say("utter_mail_same", {"email": email})]
    if not turn.doors.mail:
        return [Say("utter_mail_none")]
    if _mailed(turn) >= MOST_MAILS:
        return [Say("utter_mail_many")]
    code = make_code(turn.session, turn.contact, turn.now, email)
    _send(turn, address or _unconfirmed(turn, email), code)
    again = Choice(button("Another address"), '/link_address{"way": "email"}')
    return [Say("utter_mail_sent", {"email": email, "minutes": MINUTES}, (again,))]


def find(session: Session, email: str) -> Address | None:
    """Return an e-mail address that is known, whoever has it."""
    return session.scalars(select(Address).where(Address.channel == EMAIL, Address.external_id == email)).first()


def _mailed(turn: Turn) -> int:
    made = LinkCode.expires_at - VALID
    mine = (LinkCode.contact_id == turn.contact.id) & LinkCode.email.is_not(None)
    return turn.session.scalar(select(func.count(LinkCode.id)).where(mine, made > turn.now - WITHIN)) or 0


def _unconfirmed(turn: Turn, email: str) -> Address:
    address = Address(contact_id=turn.contact.id, channel=EMAIL, external_id=email, state=AddressState.UNCONFIRMED)
    turn.session.add(address)
    turn.session.flush()
    return address


def _send(turn: Turn, address: Address, code: str) -> None:
    """Send the code; as an answer to what was asked, it leaves to whatever the address is at this moment."""
    content = {"says": [Say("utter_mail_code", {"code": code, "minutes": MINUTES}).as_json()]}
    queue_content(turn.session, address, content, f"mail:{turn.inbound_id}", Lane.REPLY, turn.contact)


def confirm(turn: Turn, found: LinkCode) -> list[Say]:
    """Take the address that a code was sent to: who reads its letters has it, whoever named it before."""
    found.used_at = turn.now
    address = find(turn.session, str(found.email)) or _unconfirmed(turn, str(found.email))
    if address.contact_id != turn.contact.id:
        skip_waiting(turn.session, address)
    silent = is_silent(turn.session, turn.contact.id)
    address.contact_id = turn.contact.id
    address.state = AddressState.OPTED_OUT if silent else AddressState.ACTIVE
    turn.session.flush()
    tell_others(turn, address, "utter_address_joined", f"joined:{found.id}", undo=True)
    return [Say("utter_mail_joined", {"app": name_of(address)}), *drafts.resume(turn)]


def forget(session: Session, now: datetime) -> None:
    """Forget the addresses that nobody confirmed, what was sent there, and the codes that are long over."""
    awaited = select(LinkCode.email).where(LinkCode.email.is_not(None), LinkCode.expires_at > now)
    stale = select(Address.id).where(
        Address.state == AddressState.UNCONFIRMED,
        Address.created_at < now - KEPT,
        Address.external_id.not_in(awaited),
    )
    session.execute(delete(Outbound).where(Outbound.address_id.in_(stale)))
    session.execute(delete(Address).where(Address.id.in_(stale)))
    session.execute(delete(LinkCode).where(LinkCode.expires_at < now - KEPT))


PLAN = register(Plan(MAIL, submit=_submit))

"""Who asks to join a town's team gives a name; the focal point or the secretariat says yes or no, and they are told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from covenant import drafts, menu, outbox, teams, tickets
from covenant.display import municipality_argument
from covenant.fields import Field, Journey
from covenant.messages import Choice, Say, button, payload
from covenant.plans import Plan, register
from covenant.turn import Turn
from covenant.values import Kind
from db.people import Contact
from db.records import Draft, Membership, Municipality, TeamRole, Ticket, TicketState

TICKET = "join_team"
HIGHEST = 2**63  # PostgreSQL knows no larger number
ASKED = "asked_municipality"  # the key in the draft: which town it is about
_WAITS = (Ticket.kind == TICKET) & (Ticket.state == TicketState.OPEN)
TEAM = Journey(key="team", fields=(Field("team_name", Kind.NAME, skippable=False),), review=False, counted=False)


# --- asking ---------------------------------------------------------------------------------------------------------


def begin(turn: Turn, municipality: Municipality) -> list[Say]:
    """Ask who wants to join the team of a town that is with us already; who asked before is told where it stands."""
    if teams.is_member(turn.session, turn.contact, municipality):
        return [_asked(turn, municipality), *drafts.resume(turn)]
    known = {ASKED: municipality.id}
    said = Say("utter_join_known", {"municipality": municipality_argument(municipality)})
    return [said, *drafts.start(turn, TEAM.key, known)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    municipality = turn.session.get_one(Municipality, draft.values[ASKED])
    args = {"municipality": municipality_argument(municipality)}
    if teams.is_member(turn.session, turn.contact, municipality):  # invited meanwhile, or asked twice
        return [Say("utter_invitation_yours")]
    name = str(draft.values["team_name"])
    place = Membership(municipality_id=municipality.id, contact_id=turn.contact.id, pending=True, asked_as=name)
    turn.session.add(place)
    turn.session.flush()
    teams.note(turn.session, turn.contact, municipality, "asked", turn.contact, turn.now)
    focal = teams.focal_point(turn.session, municipality)
    if focal:
        message = Say("utter_team_request", args | {"name": name}, _verdict_choices(place))
        outbox.queue_say(turn.session, focal, message, key=f"team_request:{place.id}")
    return [_asked(turn, municipality)]


def _asked(turn: Turn, municipality: Municipality) -> Say:
    """Say who was asked, with the reference of the ticket by which the secretariat knows."""
    theirs = (Ticket.contact_id == turn.contact.id) & _WAITS & (Ticket.message == municipality.name)
    known = turn.session.scalars(select(Ticket).where(theirs)).first()
    ticket = known or tickets.open_ticket(turn, TICKET, municipality.name)
    key = "utter_join_team_asked" if teams.focal_point(turn.session, municipality) else "utter_join_team"
    return Say(key, {"municipality": municipality_argument(municipality), "reference": ticket.reference})


def _verdict_choices(place: Membership) -> tuple[Choice, ...]:
    yes, no = (payload("team_request", id=place.id, do=do) for do in ("yes", "no"))
    return Choice(button("Yes"), yes), Choice(button("No"), no)


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(turn: Turn) -> list[Say]:
    """Take the focal point's yes or no from the buttons; nobody else's, and only once."""
    number = turn.entities.get("id")
    place = find(turn.session, number) if isinstance(number, int) and 0 < number < HIGHEST else None
    if place is None or teams.role_of(turn.session, turn.contact, place.municipality) != TeamRole.FOCAL:
        return [Say("utter_team_request_over"), *drafts.resume(turn)]
    args = {"name": place.asked_as, "municipality": municipality_argument(place.municipality)}
    approved = turn.entities.get("do") == "yes"
    settle(turn.session, place, turn.contact, turn.now, approved=approved)
    return [Say("utter_team_approved" if approved else "utter_team_declined", args), *drafts.resume(turn)]


def find(session: Session, number: int) -> Membership | None:
    """Lock and return a request that waits, None when there is none of this number."""
    query = select(Membership).where(Membership.id == number, Membership.pending.is_(True)).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).first()


def waiting(session: Session) -> Sequence[Membership]:
    """Return the requests that wait, oldest first."""
    return session.scalars(select(Membership).where(Membership.pending.is_(True)).order_by(Membership.id)).all()


def settle(session: Session, place: Membership, by: Contact | None, now: datetime, *, approved: bool) -> None:
    """Let somebody into a team or not, close the ticket and tell them; `by` is None for the secretariat."""
    asker, municipality, number = session.get_one(Contact, place.contact_id), place.municipality, place.id
    if approved:
        teams.admit(session, asker, municipality, TeamRole.OFFICER, by, now)
    else:
        teams.note(session, asker, municipality, "refused", by, now)
        session.delete(place)
    close_ticket(session, asker.id, now)
    args = {"municipality": municipality_argument(municipality)}
    said = Say("utter_invitation_done", args, (menu.STATUS,)) if approved else Say("utter_team_refused", args)
    outbox.queue_say(session, asker, said, key=f"team_decided:{number}")
    session.flush()


def close_ticket(session: Session, contact_id: int, now: datetime) -> None:
    """Close what waits for the secretariat because of somebody's request to join a team."""
    session.execute(
        update(Ticket).where(Ticket.contact_id == contact_id, _WAITS).values(state=TicketState.CLOSED, closed_at=now)
    )


PLAN = register(Plan(TEAM, submit=_submit))

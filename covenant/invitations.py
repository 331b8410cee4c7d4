"""J9, change of staff, the side that hands over: one-time links to a municipality's team, made and taken back."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from covenant import drafts, tickets, welcome
from covenant.applications import newest_application
from covenant.apps import ways_for_others
from covenant.codes import INVITING, digest, new_code
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload, say
from covenant.teams import municipality_of, role_of
from covenant.turn import Turn, local_date
from db.people import Contact
from db.records import Draft, DraftState, Municipality, TeamRole
from db.teams import Invitation, InvitationKind, InvitationState

VALID = timedelta(days=7)
KEPT = timedelta(days=30)  # after its time is over, for who wants to know what became of it
MOST_OPEN = 5  # of one maker
JOIN = "join"
QR = "invitation-qr:"

TITLES = {
    InvitationKind.SUCCESSOR: button("Hand over my role"),
    InvitationKind.SECOND: button("Second focal point"),
    InvitationKind.COLLEAGUE: button("Invite a colleague"),
    InvitationKind.SIGNATORY: button("Ask the signatory"),
    InvitationKind.TYPIST: button("Let an officer type"),
}


def invite_choice(kind: InvitationKind) -> Choice:
    """Return the button that begins a link of a kind."""
    return Choice(TITLES[kind], payload("invite", kind=kind))


def named(kind: str) -> dict[str, Any]:
    """Return what a kind of invitation is for, as an argument."""
    return say(f"utter_invitation_for_{kind}")


def may_make(session: Session, maker: Contact, kind: str, municipality: Municipality | None) -> bool:
    """Tell whether a contact may hand this over now: members invite, only the focal point gives a focal point's role.

    Whose rights come from the secretariat neither gives nor loses any by a link.
    """
    if maker.is_secretariat or maker.is_group or municipality is None:
        return False
    role = role_of(session, maker, municipality)
    if kind in {InvitationKind.SUCCESSOR, InvitationKind.SECOND}:
        return role == TeamRole.FOCAL
    if kind == InvitationKind.TYPIST:  # nothing of the team is handed over
        return False
    if kind == InvitationKind.SIGNATORY and newest_application(session, municipality) is None:
        return False
    return role in {TeamRole.FOCAL, TeamRole.SECOND, TeamRole.OFFICER}


def own_draft(session: Session, maker: Contact) -> Draft | None:
    """Return the open request to join whose typing a contact may hand over; nobody of the secretariat may."""
    mine = (Draft.contact_id == maker.id) & (Draft.journey == JOIN) & (Draft.state == DraftState.OPEN)
    found = session.scalars(select(Draft).where(mine).order_by(Draft.changed_at.desc(), Draft.id.desc())).first()
    return None if maker.is_secretariat or maker.is_group else found


# --- what can be handed over ----------------------------------------------------------------------------------------


def hand_over(turn: Turn) -> list[Say]:
    """Offer what the contact may hand over; who has nothing of the kind is passed on to the secretariat."""
    municipality = municipality_of(turn.session, turn.contact)
    kinds = _possible(turn, municipality)
    if not kinds:
        ticket = tickets.open_ticket(turn, "hand_over_role", turn.text)
        return [Say("utter_hand_over", {"reference": ticket.reference}), *drafts.resume(turn)]
    is_focal = InvitationKind.SUCCESSOR in kinds
    team = (Choice(button("Our team"), "/team"),) if is_focal else ()
    choices = (*(invite_choice(kind) for kind in kinds), *team, *(_back(one) for one in _open(turn)))
    shown = municipality_argument(municipality) if municipality else say("utter_invitation_town")
    return [Say("utter_invite_which", {"municipality": shown}, choices)]


def _possible(turn: Turn, municipality: Municipality | None) -> list[InvitationKind]:
    kinds = [kind for kind in InvitationKind if may_make(turn.session, turn.contact, kind, municipality)]
    return [*kinds, InvitationKind.TYPIST] if own_draft(turn.session, turn.contact) else kinds


def _open(turn: Turn) -> list[Invitation]:
    mine = (Invitation.contact_id == turn.contact.id) & (Invitation.state == InvitationState.OPEN)
    query = select(Invitation).where(mine, Invitation.expires_at > turn.now)
    return list(turn.session.scalars(query.order_by(Invitation.id)))


def _back(invitation: Invitation) -> Choice:
    day = {"date": invitation.created_at.date().isoformat()}
    title = say("utter_invite_back", kind=named(invitation.kind), day=day)
    return Choice(title, payload("invite", do="back", id=invitation.public_id))


# --- making and taking back -----------------------------------------------------------------------------------------


def invite(turn: Turn) -> list[Say]:
    """Make the link that a button asks for, or take one back; for anything else, offer what there is."""
    if turn.contact.is_group:
        return [Say("utter_link_group")]
    if turn.contact.is_secretariat:
        return [Say("utter_invitation_secretariat")]
    if welcome.is_due(turn):
        return welcome.welcome(turn)
    if turn.entities.get("do") == "back":
        return [*_take_back(turn), *drafts.resume(turn)]
    kind = turn.entities.get("kind")
    if kind not in set(InvitationKind):
        return hand_over(turn)
    return _make(turn, InvitationKind(kind))


def _make(turn: Turn, kind: InvitationKind) -> list[Say]:
    municipality = municipality_of(turn.session, turn.contact)
    draft = own_draft(turn.session, turn.contact) if kind == InvitationKind.TYPIST else None
    if kind not in _possible(turn, municipality):
        return [Say("utter_invite_not"), *hand_over(turn)]
    waiting = _open(turn)
    if len(waiting) >= MOST_OPEN:
        return [Say("utter_invite_many", {}, tuple(_back(one) for one in waiting))]
    if kind == InvitationKind.SUCCESSOR and turn.entities.get("stays") not in {"yes", "no"}:
        return [Say("utter_invite_stay", {}, _stay_choices())]
    code = new_code(INVITING)
    invitation = Invitation(
        digest=digest(code),
        contact_id=turn.contact.id,
        kind=kind,
        municipality_id=None if draft or municipality is None else municipality.id,
        draft_id=draft.id if draft else None,
        stays=turn.entities.get("stays") == "yes",
        created_at=turn.now,
        expires_at=turn.now + VALID,
    )
    turn.session.add(invitation)
    turn.session.flush()
    return [_shown(turn, invitation, code)]


def _stay_choices() -> tuple[Choice, ...]:
    kind = InvitationKind.SUCCESSOR
    yes = Choice(button("Yes, I stay"), payload("invite", kind=kind, stays="yes"))
    return yes, Choice(button("No, I leave"), payload("invite", kind=kind, stays="no"))


def _shown(turn: Turn, invitation: Invitation, code: str) -> Say:
    """Show the links and the code; its picture is made of the first link of this very message when it leaves."""
    until = local_date(turn.contact.time_zone, invitation.expires_at)
    args = {
        "kind": named(invitation.kind),
        "ways": {"lines": ways_for_others(turn.doors, turn.address.channel, code)},
        "code": code,
        "day": {"date": until.isoformat()},
    }
    back = Choice(button("Take the link back"), payload("invite", do="back", id=invitation.public_id))
    return Say("utter_invite_made", args, (back,), file=f"{QR}{invitation.public_id}")


def _take_back(turn: Turn) -> list[Say]:
    query = select(Invitation).where(Invitation.public_id == str(turn.entities.get("id")))
    mine = query.where(Invitation.contact_id == turn.contact.id).with_for_update()
    found = turn.session.scalars(mine.execution_options(populate_existing=True)).first()
    if found is None or found.state in {InvitationState.ACCEPTED, InvitationState.REFUSED}:
        return [Say("utter_invite_too_late")]
    found.state = InvitationState.TAKEN_BACK
    return [Say("utter_invite_taken_back")]


def forget(session: Session, now: datetime) -> None:
    """Forget the invitations whose time is long over."""
    session.execute(delete(Invitation).where(Invitation.expires_at < now - KEPT))


def of_maker(session: Session, public_id: str, contact_id: int, now: datetime) -> Invitation | None:
    """Return an open invitation to who made it, None to everybody else."""
    mine = (Invitation.public_id == public_id) & (Invitation.contact_id == contact_id)
    still = (Invitation.state == InvitationState.OPEN) & (Invitation.expires_at > now)
    return session.scalars(select(Invitation).where(mine, still)).first()

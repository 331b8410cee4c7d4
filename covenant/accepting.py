"""J9, change of staff, the side that takes over: who opens a one-time link sees what it is for, and says yes or no."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from covenant import admission, drafts, menu, outbox, review, succession, teams, tickets, welcome
from covenant.applications import newest_application
from covenant.codes import INVITING, code_in, digest
from covenant.display import municipality_argument, place_text
from covenant.invitations import JOIN, may_make, named, own_draft
from covenant.linking import MOST_TRIES, hold_owner, wrong_tries
from covenant.messages import Args, Choice, Say, button, payload, say
from covenant.review import Actor, Event
from covenant.turn import Turn
from db.people import Contact, Role
from db.records import Draft, DraftEvent, DraftState, Municipality, TeamRole
from db.teams import Invitation, InvitationKind, InvitationState

INVITED = "invitation"  # the key under which the welcome remembers what somebody new came by
WRONG = "utter_invitation_wrong"
TOWN_STAFF = (Role.MUNICIPAL, Role.SIGNATORY)


def invitation(turn: Turn) -> list[Say]:
    """Show what the invitation of a code or a button is for, or take the yes or no to it."""
    elsewhere = _not_for_them(turn)
    if elsewhere:
        return [elsewhere]
    found = _named(turn)
    if found and found.answered_by == turn.contact.id:
        return [_answered(found), *drafts.resume(turn)]
    if found is None or not _is_good(turn, found):
        return _wrong(turn)
    if found.contact_id == turn.contact.id:
        return [Say("utter_invitation_own")]
    if welcome.is_due(turn):
        return [replace(_offer(turn, found), choices=()), *welcome.welcome(turn, {INVITED: found.public_id})]
    return _verdict(turn, found)


def _not_for_them(turn: Turn) -> Say | None:
    if turn.contact.is_group:
        return Say("utter_link_group")
    if turn.contact.is_secretariat:  # its rights neither come nor go by a link
        return Say("utter_invitation_secretariat")
    if turn.contact.erasing:
        return Say("utter_link_erasing")
    return Say("utter_link_many") if wrong_tries(turn) >= MOST_TRIES else None


def _named(turn: Turn) -> Invitation | None:
    """Return the invitation of a code, or the one that a button of ours names."""
    code = code_in(str(turn.entities.get("code", "")), INVITING)
    if code:
        return turn.session.get(Invitation, digest(code))
    shown = Invitation.public_id == str(turn.entities.get("id"))
    return turn.session.scalars(select(Invitation).where(shown)).first()


def _is_good(turn: Turn, found: Invitation) -> bool:
    """Tell whether an invitation can be answered now, and whether its maker could still make it."""
    if found.state != InvitationState.OPEN or found.expires_at <= turn.now:
        return False
    maker = turn.session.get_one(Contact, found.contact_id)
    if maker.erasing:
        return False
    if found.kind == InvitationKind.TYPIST:
        own = own_draft(turn.session, maker)
        return own is not None and own.id == found.draft_id
    return may_make(turn.session, maker, found.kind, found.municipality)


def _wrong(turn: Turn) -> list[Say]:
    said = Say(WRONG, {}, (Choice(button("Ask a person"), "/talk_to_human"),))
    return [said, *welcome.welcome(turn)] if welcome.was_never_asked(turn) else [said, *drafts.resume(turn)]


def _answered(found: Invitation) -> Say:
    return Say("utter_invitation_yours" if found.state == InvitationState.ACCEPTED else "utter_invitation_no")


# --- showing it -----------------------------------------------------------------------------------------------------


def _offer(turn: Turn, found: Invitation) -> Say:
    shown = payload("invitation", id=found.public_id, do="accept"), payload("invitation", id=found.public_id, do="no")
    choices = (Choice(button("Yes"), shown[0]), Choice(button("No"), shown[1]))
    args = {"sender": _sender(turn, found), "municipality": _where(found)}
    return Say(f"utter_invitation_{found.kind}", args | _details(turn, found), choices)


def _where(found: Invitation) -> object:
    if found.municipality:
        return municipality_argument(found.municipality)
    chosen = found.draft.values.get("municipality") if found.draft else None
    return place_text(chosen) if chosen else say("utter_invitation_town")


def _sender(turn: Turn, found: Invitation) -> object:
    """Return the name that the maker gave for their town, never a number; without one it is the town's team."""
    if found.draft:
        return found.draft.values.get("signatory_name") or say("utter_invitation_office")
    maker = turn.session.get_one(Contact, found.contact_id)
    name = _name_in_team(turn, maker, found.municipality) if found.municipality else None
    return name or say("utter_invitation_team", municipality=_where(found))


def _name_in_team(turn: Turn, maker: Contact, municipality: Municipality) -> str | None:
    application = newest_application(turn.session, municipality)
    is_focal = teams.role_of(turn.session, maker, municipality) == TeamRole.FOCAL
    if application and is_focal and application.contact_id == maker.id:  # the name is theirs, not of who came before
        return application.focal_name
    return teams.name_in(turn.session, maker, municipality)


def _details(turn: Turn, found: Invitation) -> Args:
    """Return what the signatory is to confirm."""
    application = newest_application(turn.session, found.municipality) if found.municipality else None
    if found.kind != InvitationKind.SIGNATORY or application is None:
        return {}
    decided = application.mandate_date
    return {
        "signatory": application.signatory_name,
        "title": application.signatory_title,
        "body": application.mandate_body,
        "day": {"date": decided.isoformat()} if decided else None,
        "focal": application.focal_name,
        "post": application.focal_post,
    }


def _again(turn: Turn, public_id: str) -> list[Say]:
    """Show an invitation once more, to somebody who was welcomed meanwhile."""
    found = turn.session.scalars(select(Invitation).where(Invitation.public_id == public_id)).first()
    return [_offer(turn, found)] if found and _is_good(turn, found) else [Say(WRONG)]


welcome.AFTERWARDS[INVITED] = _again


# --- answering it ---------------------------------------------------------------------------------------------------


def _verdict(turn: Turn, found: Invitation) -> list[Say]:
    verdict = turn.entities.get("do")
    if verdict not in {"accept", "no"}:
        return [_offer(turn, found)]
    if not _hold(turn, found):
        return _wrong(turn)
    found.answered_by = turn.contact.id
    found.state = InvitationState.ACCEPTED if verdict == "accept" else InvitationState.REFUSED
    if verdict == "no":
        return _refuse(turn, found)
    if turn.contact.role not in TOWN_STAFF:
        turn.contact.role = Role.SIGNATORY if found.kind == InvitationKind.SIGNATORY else Role.MUNICIPAL
    return _ACCEPTED[InvitationKind(found.kind)](turn, found)


def _hold(turn: Turn, found: Invitation) -> bool:
    """Lock the maker, then the invitation, as making and taking back do; False when it is no longer good."""
    if not hold_owner(turn.session, found.contact_id):
        return False
    turn.session.flush()
    turn.session.expire_all()  # what was read before the lock may be old
    query = select(Invitation).where(Invitation.digest == found.digest).with_for_update()
    again = turn.session.scalars(query).first()
    return again is not None and _is_good(turn, again)


def _refuse(turn: Turn, found: Invitation) -> list[Say]:
    if found.municipality:
        teams.note(turn.session, turn.contact, found.municipality, "declined", turn.contact, turn.now)
    _tell_maker(turn, found, "utter_invite_refused")
    return [Say("utter_invitation_no"), *drafts.resume(turn)]


def _tell_maker(turn: Turn, found: Invitation, key: str) -> None:
    maker = turn.session.get_one(Contact, found.contact_id)
    message = Say(key, {"municipality": _where(found), "kind": named(found.kind)})
    outbox.queue_say(turn.session, maker, message, key=f"invitation:{found.id}")


def _succeed(turn: Turn, found: Invitation) -> list[Say]:
    municipality, maker = _town(found), turn.session.get_one(Contact, found.contact_id)
    teams.step_down(turn.session, maker, municipality, maker, turn.now, stays=found.stays)
    succession.hand_over(turn.session, municipality, turn.contact, Actor(maker.id, turn.now))
    teams.admit(turn.session, turn.contact, municipality, TeamRole.FOCAL, maker, turn.now)
    admission.close_ticket(turn.session, turn.contact.id, turn.now)
    tickets.open_ticket(turn, "handed_over", municipality.name)
    _tell_maker(turn, found, "utter_invite_accepted" if found.stays else "utter_invite_left")
    return succession.begin(turn, municipality) or _welcomed(turn, municipality)


def _join_team(turn: Turn, found: Invitation) -> list[Say]:
    municipality, maker = _town(found), turn.session.get_one(Contact, found.contact_id)
    role = TeamRole.SECOND if found.kind == InvitationKind.SECOND else TeamRole.OFFICER
    teams.admit(turn.session, turn.contact, municipality, role, maker, turn.now)
    _tell_maker(turn, found, "utter_invite_accepted")
    return _welcomed(turn, municipality)


def _confirm(turn: Turn, found: Invitation) -> list[Say]:
    municipality, maker = _town(found), turn.session.get_one(Contact, found.contact_id)
    application = newest_application(turn.session, municipality)
    teams.admit(turn.session, turn.contact, municipality, TeamRole.SIGNATORY, maker, turn.now)
    if application and application.state not in review.FINAL:
        review.move(turn.session, application, Event.CONFIRMED, review.actor(turn))
        application.signatory_confirmed_at = turn.now
    _tell_maker(turn, found, "utter_invite_accepted")
    said = Say("utter_invitation_confirmed", {"municipality": municipality_argument(municipality)}, (menu.STATUS,))
    return [said, *drafts.resume(turn)]


def _type(turn: Turn, found: Invitation) -> list[Say]:
    """Move the draft; an open one of the same kind that the officer had is cancelled and kept."""
    draft = turn.session.get_one(Draft, found.draft_id)
    mine = drafts.find_draft(turn, JOIN, DraftState.OPEN)
    if mine:
        mine.state = DraftState.CANCELLED
    _tell_maker(turn, found, "utter_invite_accepted")
    maker = turn.session.get_one(Contact, found.contact_id)
    draft.contact_id, draft.changed_at = turn.contact.id, turn.now
    event = DraftEvent(draft_id=draft.id, contact_id=maker.id, field="typist", change={}, at=turn.now)
    turn.session.add(event)
    turn.session.flush()
    if maker.draft_id == draft.id:
        maker.draft_id = _newest_open(turn, maker)
    return drafts.begin(turn, JOIN)


def _newest_open(turn: Turn, maker: Contact) -> int | None:
    theirs = (Draft.contact_id == maker.id) & (Draft.state == DraftState.OPEN)
    return turn.session.scalar(select(Draft.id).where(theirs).order_by(Draft.changed_at.desc()).limit(1))


def _town(found: Invitation) -> Municipality:
    if found.municipality is None:
        message = f"invitation {found.id} of kind {found.kind} names no municipality"
        raise LookupError(message)
    return found.municipality


def _welcomed(turn: Turn, municipality: Municipality) -> list[Say]:
    admission.close_ticket(turn.session, turn.contact.id, turn.now)
    return [succession.welcomed(municipality), *drafts.resume(turn)]


_ACCEPTED: dict[InvitationKind, Callable[[Turn, Invitation], list[Say]]] = {
    InvitationKind.SUCCESSOR: _succeed,
    InvitationKind.SECOND: _join_team,
    InvitationKind.COLLEAGUE: _join_team,
    InvitationKind.SIGNATORY: _confirm,
    InvitationKind.TYPIST: _type,
}

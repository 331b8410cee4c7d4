"""J9, roles in a town's team: its focal point sees who belongs to it, changes a role, or ends one.

A town has one focal point, who is neither changed nor ended here: that role is handed over by an invitation, so that
no town is ever without.
"""

from typing import Any

from sqlalchemy import select

from covenant import outbox, teams
from covenant.admission import HIGHEST
from covenant.applications import newest_application
from covenant.apps import name_of
from covenant.display import municipality_argument
from covenant.invitations import invite_choice
from covenant.messages import Choice, Say, button, payload, say
from covenant.teams import municipality_of, role_of
from covenant.turn import Turn, local_date
from db.people import Contact
from db.records import Membership, Municipality, TeamRole
from db.teams import InvitationKind, MembershipEvent

TEAM = "team"  # the payload of its buttons
TITLES = {
    TeamRole.FOCAL: say("utter_label_focal_name"),
    TeamRole.SECOND: say("utter_label_second_name"),
    TeamRole.OFFICER: say("utter_team_officer"),
    TeamRole.SIGNATORY: say("utter_label_signatory_name"),
}
CHANGES = {"second": TeamRole.SECOND, "officer": TeamRole.OFFICER}
END = "end"
DETAILS = Choice(button("My details"), "/focal_details")


def team(turn: Turn) -> list[Say]:
    """Show the team to its focal point, or one of its people, or change or end their role, as a button asks."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None or role_of(turn.session, turn.contact, municipality) != TeamRole.FOCAL:
        return [Say("utter_invite_not")]
    place = _named(turn, municipality)
    if place is None:
        return [_listing(turn, municipality)]
    if place.role == TeamRole.FOCAL:
        return [Say("utter_team_keep", {}, (invite_choice(InvitationKind.SUCCESSOR), DETAILS))]
    do = str(turn.entities.get("do"))
    if do in CHANGES:
        return _change(turn, place, CHANGES[do])
    return _end(turn, place) if do == END else [_one(turn, place)]


def _named(turn: Turn, municipality: Municipality) -> Membership | None:
    """Lock and return the place in the town's team that a button names."""
    number = turn.entities.get("id")
    if not isinstance(number, int) or not 0 < number < HIGHEST:
        return None
    theirs = (Membership.id == number) & (Membership.municipality_id == municipality.id) & teams.BELONGS
    query = select(Membership).where(theirs).with_for_update()
    return turn.session.scalars(query.execution_options(populate_existing=True)).first()


# --- looking --------------------------------------------------------------------------------------------------------


def _listing(turn: Turn, municipality: Municipality) -> Say:
    belongs = select(Membership).where(Membership.municipality_id == municipality.id, teams.BELONGS)
    places = turn.session.scalars(belongs.order_by(*teams.FOCAL_FIRST)).all()
    lines = [[_name(turn, one), TITLES[TeamRole(one.role)]] for one in places]
    args = {"municipality": municipality_argument(municipality), "lines": {"lines": lines}}
    people = (Choice(_name(turn, one), payload(TEAM, id=one.id)) for one in places if one.role != TeamRole.FOCAL)
    return Say("utter_team", args, (*people, DETAILS))


def _name(turn: Turn, place: Membership) -> Any:
    """Return the name that is known of somebody; without any, the app they use and since when they belong to it."""
    application = newest_application(turn.session, place.municipality)
    names = {TeamRole.FOCAL: "focal_name", TeamRole.SIGNATORY: "signatory_name"}
    known = getattr(application, names.get(TeamRole(place.role), ""), None) or place.asked_as
    if known:
        return known
    since = local_date(turn.contact.time_zone, place.created_at)
    address = outbox.best_address(turn.session, turn.session.get_one(Contact, place.contact_id))
    is_chat = address is not None and address.channel != outbox.EMAIL  # an e-mail address would be shown as it is
    app = name_of(address) if address and is_chat else say("utter_app_other")
    return say("utter_team_since", app=app, day={"date": since.isoformat()})


def _one(turn: Turn, place: Membership) -> Say:
    other = "officer" if place.role == TeamRole.SECOND else "second"
    titles = {"second": button("Second focal point"), "officer": button("Officer")}
    choices = (
        Choice(titles[other], payload(TEAM, id=place.id, do=other)),
        Choice(button("End this role"), payload(TEAM, id=place.id, do=END)),
        Choice(button("Our team"), payload(TEAM)),
    )
    return Say("utter_team_one", {"name": _name(turn, place), "role": TITLES[TeamRole(place.role)]}, choices)


# --- changing -------------------------------------------------------------------------------------------------------


def _change(turn: Turn, place: Membership, role: TeamRole) -> list[Say]:
    if place.role != role:
        step = teams.change(turn.session, place, role, turn.contact, turn.now)
        _tell(turn, step, Say("utter_team_role_changed", {**_town(place), "role": TITLES[role]}))
    return [_listing(turn, place.municipality)]


def _end(turn: Turn, place: Membership) -> list[Say]:
    """Ask once, then end somebody's place in the team; what they did stays the town's."""
    if turn.entities.get("sure") != "yes":
        yes = Choice(button("Yes, end it"), payload(TEAM, id=place.id, do=END, sure="yes"))
        no = Choice(button("No, leave it"), payload(TEAM))
        return [Say("utter_team_end_sure", {**_town(place), "name": _name(turn, place)}, (yes, no))]
    municipality, person = place.municipality, Choice(button("Ask a person"), "/talk_to_human")
    told = Say("utter_team_role_ended", _town(place), (person,))
    _tell(turn, teams.end(turn.session, place, turn.contact, turn.now), told)
    return [_listing(turn, municipality)]


def _town(place: Membership) -> dict[str, Any]:
    return {"municipality": municipality_argument(place.municipality)}


def _tell(turn: Turn, step: MembershipEvent, message: Say) -> None:
    contact = turn.session.get_one(Contact, step.contact_id)
    outbox.queue_say(turn.session, contact, message, key=f"role:{step.id}")

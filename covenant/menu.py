"""What each role is offered first: the doors of the menu, made for who the person is."""

from covenant.messages import Choice, Say, button
from db.people import Contact, Role

JOIN = Choice(button("Join the Covenant"), "/join_covenant")
STATUS = Choice(button("Where do we stand?"), "/check_status")
DUE = Choice(button("What is due when"), "/ask_deadlines")
PLEDGE = Choice(button("Record a pledge"), "/log_pledge")
PLEDGES = Choice(button("Our pledges"), "/list_pledges")
TIPS = Choice(button("Tips for our place"), "/get_tips")
PERSON = Choice(button("Ask a person"), "/talk_to_human")
QUESTION = Choice(button("What is the Covenant?"), "/ask_question")
ANOTHER_APP = Choice(button("Use another app too"), "/link_address")
KIT = Choice(button("Tell my mayor"), "/join_covenant")

MENUS: dict[Role, tuple[Choice, ...]] = {
    Role.MUNICIPAL: (JOIN, STATUS, PLEDGE, PLEDGES, TIPS, PERSON),
    Role.SIGNATORY: (JOIN, STATUS, PLEDGE, TIPS, PERSON),
    Role.COMMUNITY: (TIPS, PLEDGE, PLEDGES, KIT, PERSON),
    Role.BUSINESS: (PLEDGE, PLEDGES, TIPS, QUESTION, PERSON),
}
SECRETARIAT = (
    Choice(button("What waits for review"), "/review_queue"),
    Choice(button("Send an update"), "/broadcast"),
    Choice(button("Updates under way"), '/broadcast{"do": "list"}'),
    Choice(button("Figures"), "/statistics"),
)


def choices_for(contact: Contact) -> tuple[Choice, ...]:
    """Return the menu's buttons for a contact; the secretariat's own doors come first."""
    own = MENUS.get(contact.role or Role.COMMUNITY, MENUS[Role.COMMUNITY])
    return (*SECRETARIAT, *own) if contact.is_secretariat else own


def menu(contact: Contact, key: str = "utter_menu") -> Say:
    """Return the menu as a message."""
    return Say(key, {}, choices_for(contact))

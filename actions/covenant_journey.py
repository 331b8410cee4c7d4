"""The town's way through the Covenant: documents, deadlines, progress."""

from sqlalchemy import select

from covenant import applications, reminders, tickets
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, say
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.messages import File
from db.records import ApplicationState

HANDED_IN = (ApplicationState.SUBMITTED, ApplicationState.RETURNED, ApplicationState.LETTER_RECEIVED)


def send_document(turn: Turn) -> list[Say]:
    """Take a document: the signed letter of an open application, else something for the secretariat to look at."""
    files = _files(turn)
    if not files:
        return [Say("utter_send_document")]
    file = files[0]
    application = applications.current_application(turn)
    if application is None or application.state not in HANDED_IN:
        opened = [tickets.open_ticket(turn, "send_document", one.name, one.id) for one in files]
        return [Say("utter_document_passed", {"name": file.name, "reference": opened[0].reference})]
    application.letter_id = file.id
    application.state = ApplicationState.LETTER_RECEIVED
    applications.note_event(turn, application, "letter_received", {"files": [one.public_id for one in files]})
    args = {"municipality": municipality_argument(application.municipality), "reference": application.reference}
    return [Say("utter_letter_received", args)]


def _files(turn: Turn) -> list[File]:
    """Return the files that came, several pages in the order in which they were sent; nobody else's."""
    wanted = str(turn.entities.get("files") or turn.entities.get("file") or "").split(",")
    query = select(File).where(File.public_id.in_(wanted), File.contact_id == turn.contact.id)
    found = {one.public_id: one for one in turn.session.scalars(query)}
    return [found[one] for one in wanted if one in found]


def report_progress(turn: Turn) -> list[Say]:
    """Pass progress on to the secretariat until it can be recorded here."""
    ticket = tickets.open_ticket(turn, "report_progress", turn.text)
    return [Say("utter_progress_passed", {"reference": ticket.reference})]


def ask_deadlines(turn: Turn) -> list[Say]:
    """Say what is due next for the contact's municipality, or what the Covenant asks of everybody."""
    municipality = municipality_of(turn.session, turn.contact)
    coming = reminders.upcoming(municipality, turn.today) if municipality else []
    if not coming or municipality is None:
        return [Say("utter_deadlines_general", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    lines = {"lines": [[say(milestone.key), {"date": day.isoformat()}] for milestone, day in coming]}
    return [Say("utter_deadlines", {"municipality": municipality_argument(municipality), "lines": lines})]

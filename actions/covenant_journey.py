"""The town's way through the Covenant: its documents."""

from sqlalchemy import select

from covenant import applications, evidence, tickets
from covenant.display import municipality_argument
from covenant.messages import Say
from covenant.turn import Turn
from db.messages import File
from db.records import ApplicationState

HANDED_IN = (ApplicationState.SUBMITTED, ApplicationState.RETURNED, ApplicationState.LETTER_RECEIVED)


def get_letter(turn: Turn) -> list[Say]:
    """Say honestly that the letter cannot be made here yet, and ask the secretariat for it."""
    ticket = tickets.open_ticket(turn, "get_letter", turn.text)
    return [Say("utter_letter", {"reference": ticket.reference})]


def send_document(turn: Turn) -> list[Say]:
    """Take a document: the signed letter of an open application, else something for the secretariat to look at."""
    files = _files(turn)
    if not files:
        return [Say("utter_send_document")]
    handed_in = evidence.take_files(turn, files)
    if handed_in:
        return handed_in
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

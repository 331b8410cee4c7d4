"""The documents that people hand in: a signed letter, evidence, or something for the secretariat to look at."""

from sqlalchemy import select

from covenant import applications, attachments, handing_in, tickets
from covenant.messages import Say
from covenant.turn import Turn
from db.messages import File


def send_document(turn: Turn) -> list[Say]:
    """Take a document for what is being filled in, as an application's signed letter, or else for the secretariat."""
    files = _files(turn)
    if not files:
        return [Say("utter_send_document")]
    handed_in = attachments.take(turn, files)
    if handed_in:
        return handed_in
    application = applications.current_application(turn)
    if application is None or not handing_in.may_hand_in(application, turn):
        opened = [tickets.open_ticket(turn, "send_document", one.name, one.id) for one in files]
        return [Say("utter_document_passed", {"name": files[0].name, "reference": opened[0].reference})]
    return handing_in.hand_in(turn, application, files)


def _files(turn: Turn) -> list[File]:
    """Return the files that came, several pages in the order in which they were sent; nobody else's."""
    wanted = str(turn.entities.get("files") or turn.entities.get("file") or "").split(",")
    query = select(File).where(File.public_id.in_(wanted), File.contact_id == turn.contact.id)
    found = {one.public_id: one for one in turn.session.scalars(query)}
    return [found[one] for one in wanted if one in found]

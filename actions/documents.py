"""The documents that people hand in: a signed letter, evidence, or something for the secretariat to look at."""

from sqlalchemy import select

from covenant import applications, evidence, handing_in, tickets
from covenant.messages import Say
from covenant.turn import Turn
from db.messages import File


def send_document(turn: Turn) -> list[Say]:
    """Take a document: the signed letter of an open application, else something for the secretariat to look at."""
    files = _files(turn)
    if not files:
        return [Say("utter_send_document")]
    handed_in = evidence.take_files(turn, files)
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

"""Who may have which file: everybody their own, and the secretariat what is handed in to it."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.messages import File
from db.milestones import Evidence
from db.people import Contact
from db.pledges import PledgeReport
from db.records import Application, Letter


def file_for(session: Session, public_id: str, contact_id: int) -> File | None:
    """Return the file of that public id if the contact may have it, else None."""
    file = session.scalars(select(File).where(File.public_id == public_id)).first()
    if file is None or file.contact_id == contact_id:
        return file
    contact = session.get(Contact, contact_id)
    return file if contact and contact.is_secretariat and _is_handed_in(session, file) else None


def _is_handed_in(session: Session, file: File) -> bool:
    """Tell whether a file is a town's signed letter, evidence for a milestone, or what shows how a pledge goes."""
    of_version = (Letter.file_id == file.id) | Letter.pages.contains([file.public_id])
    versions = select(Letter.id).where(of_version)
    current = select(Application.id).where(Application.letter_id == file.id)
    evidence = select(Evidence.id).where(Evidence.file_id == file.id)
    reported = select(PledgeReport.id).where(PledgeReport.file_id == file.id)
    handed_in = (versions, current, evidence, reported)
    return bool(session.scalar(select(or_(*(one.exists() for one in handed_in)))))

"""Who may have which file: everybody their own, and the secretariat the letters and what shows how a pledge goes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.messages import File
from db.people import Contact
from db.pledges import PledgeReport
from db.records import Application, Letter


def file_for(session: Session, public_id: str, contact_id: int) -> File | None:
    """Return the file of that public id if the contact may have it, else None."""
    file = session.scalars(select(File).where(File.public_id == public_id)).first()
    if file is None or file.contact_id == contact_id:
        return file
    contact = session.get(Contact, contact_id)
    return file if contact and contact.is_secretariat and _is_for_review(session, file) else None


def _is_for_review(session: Session, file: File) -> bool:
    of_version = (Letter.file_id == file.id) | Letter.pages.contains([file.public_id])
    versions = select(Letter.id).where(of_version)
    current = select(Application.id).where(Application.letter_id == file.id)
    reported = select(PledgeReport.id).where(PledgeReport.file_id == file.id)
    return bool(session.scalar(select(versions.exists() | current.exists() | reported.exists())))

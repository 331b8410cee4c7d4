"""Message templates: what may be said on WhatsApp to whom did not write within a day, approved beforehand."""

from typing import Any

from sqlalchemy.orm import Session

from db.people import Contact

Filled = tuple[str, str, dict[str, str]]  # its name, its id at the provider, its variables


def ready(_session: Session, _contact: Contact, _content: dict[str, Any]) -> Filled | None:
    """Return the approved template that says a message in the contact's language, filled in; None without one."""
    return None

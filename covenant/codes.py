"""One-time codes, short and readable aloud, kept as a slow hash only: for another address, or for a town's team."""

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.columns import new_reference
from db.people import Contact, LinkCode

WORD = "KAWAN"
INVITING = "INVITE"
VALID = timedelta(minutes=15)
MINUTES = int(VALID.total_seconds()) // 60
SALT = b"kawan link code"  # one for all, since a code is found by its hash; the hash is slow and a code short-lived
LONGEST = 500  # letters of a message that are searched for a code
HALF = r"[\s_-]*([2-9A-HJKMNP-TV-Z]{4})"
CODES = {word: re.compile(rf"(?<![A-Z0-9]){word}{HALF}{HALF}(?![A-Z0-9])") for word in (WORD, INVITING)}


class Busy(Exception):
    """What the turn needs is under way elsewhere at this moment; the turn is tried again."""


def make_code(session: Session, contact: Contact, now: datetime, email: str | None = None) -> str:
    """Return a new code of a contact, such as KAWAN-7QX4-MP2R; earlier ones end. Only a slow hash of it is kept."""
    unused = (LinkCode.contact_id == contact.id) & LinkCode.used_at.is_(None)
    session.execute(update(LinkCode).where(unused).values(used_at=now))
    code = new_code(WORD)
    session.add(LinkCode(digest=digest(code), contact_id=contact.id, email=email, expires_at=now + VALID))
    session.flush()
    return code


def new_code(word: str) -> str:
    """Return a fresh code; it has a digit, by which it is told from words: "kawan rasa maka …"."""
    letters = new_reference()
    return f"{word}-{letters[:4]}-{letters[4:]}" if any(one.isdecimal() for one in letters) else new_code(word)


def digest(code: str) -> str:
    """Return the hash under which a code is kept."""
    return hashlib.scrypt(code.encode(), salt=SALT, n=2**14, r=8, p=1, dklen=32).hex()


def code_in(text: str, word: str = WORD) -> str | None:
    """Return the code in what somebody wrote or a link carries, as it was made; None when there is none."""
    found = CODES[word].search(_ascii(text[:LONGEST]))
    if found is None or not any(one.isdecimal() for one in found[1] + found[2]):
        return None
    return f"{word}-{found[1]}-{found[2]}"


def carried(start: str | None) -> str | None:
    """Return the code of either kind that a link brings along, None when it brings none."""
    return next((code for word in CODES if (code := code_in(start or "", word))), None)


def _ascii(text: str) -> str:
    """Capital letters, digits of every script as ours, every dash as one; a link's `link_` is a word of its own."""
    folded = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(str(unicodedata.decimal(one, one)) for one in folded)
    return re.sub(r"[\u2010-\u2015\u2212]", "-", plain)

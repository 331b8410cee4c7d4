"""Column shapes that many tables share: ids that may be shown outside, moments, JSON."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column

PUBLIC_ID_LENGTH = 22

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[Any], mapped_column(JSONB)]


def new_public_id() -> str:
    """Return a fresh id that tells nothing: 128 random bits in the URL-safe alphabet."""
    return secrets.token_urlsafe(16)


PublicId = Annotated[str, mapped_column(String(PUBLIC_ID_LENGTH), unique=True, default=new_public_id)]


def new_reference() -> str:
    """Return a short reference that a person can read out loud: eight characters without look-alikes."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(8))


Reference = Annotated[str, mapped_column(String(8), unique=True, default=new_reference)]

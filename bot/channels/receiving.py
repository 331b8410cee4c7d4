"""What every channel does with what comes in: bodies of the right type and size only, and no number taken on trust."""

import math
import unicodedata
from typing import Any

from fastapi import HTTPException, Request

MEGABYTE = 1024 * 1024
INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs by their class, but there is nothing to see
LONGEST_NUMBER = 18  # digits
FARTHEST = {"latitude": 90.0, "longitude": 180.0}


async def body_of(request: Request, media_type: str, limit: int) -> bytes:
    """Return a request's body; 415 for another type, 413 as soon as it is larger than `limit` bytes."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise HTTPException(415)
    announced = request.headers.get("content-length") or "0"
    if not announced.isdecimal() or len(announced) > LONGEST_NUMBER:
        raise HTTPException(400)
    if int(announced) > limit:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen: white space, signs that only steer, and letters without a shape."""
    return all(one.isspace() or one in INVISIBLE or unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in text)


def position(latitude: Any, longitude: Any) -> dict[str, float]:
    """Return a position on the map, or nothing for anything else."""
    try:
        found = {"latitude": float(latitude), "longitude": float(longitude)}
    except (TypeError, ValueError, OverflowError):
        return {}
    return found if all(math.isfinite(found[key]) and abs(found[key]) <= FARTHEST[key] for key in found) else {}

"""What every webhook does before it looks at a body: the right type, not too large, never more in memory than that."""

from fastapi import HTTPException, Request

MEGABYTE = 1024 * 1024


async def body_of(request: Request, media_type: str, limit: int) -> bytes:
    """Return a request's body; 415 for another type, 413 as soon as it is larger than `limit` bytes."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise HTTPException(415)
    if int(request.headers.get("content-length") or 0) > limit:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)

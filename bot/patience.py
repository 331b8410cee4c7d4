"""How many messages of one person are answered in a row: a bucket that fills again with time."""

from datetime import UTC, datetime

from db.messages import Conversation

AT_ONCE = 40.0  # messages: more than a whole form at a stretch, fewer than a finger on a broken key
PER_SECOND = 0.5
FLOOR = -10.0  # the bucket's level once the person has been told, and the lowest it gets


def allows(conversation: Conversation) -> bool:
    """Take one message from the bucket; False when it is empty.

    Whoever was told and goes on pays for each message, so that the bucket fills again only when they slow down.
    """
    now = datetime.now(UTC)
    waited = (now - conversation.patience_at).total_seconds() if conversation.patience_at else 0.0
    level = AT_ONCE if conversation.patience is None else min(AT_ONCE, conversation.patience + waited * PER_SECOND)
    conversation.patience_at = now
    is_paid = level >= 1.0 or level < 0.0
    conversation.patience = max(level - 1.0, FLOOR) if is_paid else level
    return level >= 1.0


def is_new(conversation: Conversation) -> bool:
    """Tell whether the flood only begins, so that the person is told once; the bucket then fills from below nothing."""
    is_first = (conversation.patience or 0.0) >= 0.0
    if is_first:
        conversation.patience = FLOOR
    return is_first

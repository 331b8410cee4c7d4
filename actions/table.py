"""Which answer belongs to which intent, whether it needs the consent, and whether the form goes on after it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from actions import arrivals, conversation, documents, groups, service
from covenant import (
    broadcast_chat,
    deadlines,
    doubts,
    drafts,
    hearing,
    joining,
    knowledge,
    letters,
    pledge_form,
    pledge_progress,
    pledges,
    reminder_answers,
    reviewing,
    standing,
    tips,
    verdicts,
    welcome,
)
from covenant.messages import Say
from covenant.turn import Turn

Answer = Callable[[Turn], list[Say]]


@dataclass(frozen=True)
class Skill:
    """An intent's answer. `free`: also before the consent. `aside`: the open question is asked again afterwards."""

    answer: Answer
    free: bool = False
    aside: bool = False


SKILLS: dict[str, Skill] = {
    "greet": Skill(conversation.greet),
    "goodbye": Skill(conversation.goodbye, free=True),
    "thank": Skill(conversation.thank, free=True, aside=True),
    "affirm": Skill(conversation.affirm),
    "deny": Skill(conversation.deny),
    "help": Skill(conversation.help_me),
    "cancel": Skill(conversation.cancel),
    "go_back": Skill(conversation.go_back),
    "correct": Skill(conversation.correct),
    "skip": Skill(conversation.skip),
    "repeat": Skill(conversation.repeat),
    "change_language": Skill(conversation.change_language, free=True),
    "join_covenant": Skill(joining.join),
    "get_letter": Skill(letters.letter, aside=True),
    "send_document": Skill(documents.send_document, aside=True),
    "check_status": Skill(standing.status, aside=True),
    "log_pledge": Skill(pledge_form.log),
    "list_pledges": Skill(pledges.listing, aside=True),
    "report_progress": Skill(pledge_progress.report, aside=True),
    "ask_deadlines": Skill(deadlines.answer, aside=True),
    "manage_reminders": Skill(reminder_answers.manage, aside=True),
    "opt_out": Skill(service.opt_out, free=True),
    "opt_in": Skill(service.opt_in, aside=True),
    "get_tips": Skill(tips.tips, free=True, aside=True),
    "subscribe_tips": Skill(service.subscribe_tips, aside=True),
    "share_knowledge": Skill(knowledge.share),
    "ask_question": Skill(service.ask_question, free=True, aside=True),
    "talk_to_human": Skill(service.talk_to_human, aside=True),
    "hand_over_role": Skill(service.hand_over_role),
    "export_my_data": Skill(service.export_my_data, free=True, aside=True),
    "delete_my_data": Skill(service.delete_my_data, free=True),
    "give_feedback": Skill(service.give_feedback, aside=True),
    "who_are_you": Skill(conversation.who_are_you, free=True, aside=True),
    "emergency": Skill(service.emergency, free=True, aside=True),
    "broadcast": Skill(broadcast_chat.broadcast),
    "review_queue": Skill(verdicts.queue),
    "statistics": Skill(reviewing.figures, aside=True),
    "inform": Skill(conversation.inform),
    "out_of_scope": Skill(conversation.out_of_scope, aside=True),
    "unclear": Skill(conversation.unclear),
}

# What is answered without asking Rasa, which therefore knows no such intents.
DIRECT: dict[str, Skill] = {
    "not_text": Skill(arrivals.not_text, free=True),
}
EVERY = SKILLS | DIRECT


def answer(turn: Turn) -> list[Say]:
    """Answer a turn, and offer the language it was written in where that is not the one the person chose."""
    hearing.adopt(turn)
    doubts.explain(turn)
    if turn.intent != "unclear":
        turn.contact.misses = 0
    said = [*hearing.without_words(turn), *_answer(turn)]
    language = hearing.listen(turn)
    return hearing.offered(language, turn, said) if language else said


def _answer(turn: Turn) -> list[Say]:
    """Welcome first where it is due, then the skill, then the question that was open."""
    if turn.contact.is_group:
        return groups.answer(turn, EVERY[turn.intent].answer)
    skill = EVERY[turn.intent]
    draft = drafts.open_draft(turn)
    if welcome.is_due(turn) and not skill.free and not _is_welcoming(turn):
        return welcome.welcome(turn)
    said = skill.answer(turn)
    if draft is None and skill.aside and welcome.was_never_asked(turn):
        return [*_without_choices(said), *welcome.welcome(turn)]
    # A button that does something may be asked back, and needs its own buttons then.
    goes_on = skill.aside and "do" not in turn.entities and draft is not None and drafts.open_draft(turn) is draft
    return [*_without_choices(said), *drafts.resume(turn)] if goes_on else said


def _is_welcoming(turn: Turn) -> bool:
    """Whether the welcome's own questions are open, so that the turn belongs to it."""
    draft = drafts.open_draft(turn)
    in_welcome = draft is not None and draft.journey == welcome.WELCOME.key
    return in_welcome and turn.intent in {
        "affirm",
        "deny",
        "inform",
        "go_back",
        "repeat",
        "help",
        "skip",
        "greet",
        "unclear",
    }


def _without_choices(said: list[Say]) -> list[Say]:
    # One message shows one set of buttons, and the open question needs them.
    return [replace(one, choices=()) for one in said]

"""Hearing and doubts: a language is offered, never taken; what was not understood is kept only of who agreed."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.conversation import unclear
from actions.table import answer
from covenant import doubts, drafts, hearing
from covenant.messages import payload
from covenant.pledge_form import PLEDGE
from covenant.reading import Reading
from covenant.turn import Heard, Turn
from db.people import Purpose
from db.records import Doubt
from tests.people import somebody, turn_of

LAO = "ພວກເຮົາຢາກຮູ້ວ່າຕ້ອງເຮັດແນວໃດ"
MALAY = "kami nak tahu apa yang perlu dibuat oleh majlis kami minggu ini"
RANKING = (("ask_deadlines", 0.3), ("check_status", 0.25), ("help", 0.1))


def hears(session: Session, text: str, language: str = "en", **more: object) -> Turn:
    person = somebody(session, Purpose.KEEPING)
    person.contact.language = language
    return replace(turn_of(session, person), text=text, intent="ask_question", **more)


def test_a_language_is_offered_after_two_messages_in_a_row_and_only_once(session: Session) -> None:
    turn = hears(session, LAO)
    assert [hearing.listen(turn) for _ in range(4)] == [None, "lo", None, None]


def test_a_message_in_the_chosen_language_starts_the_count_again(session: Session) -> None:
    turn = hears(session, LAO)
    english = replace(turn, text="what do we have to do next?", heard=Heard("en", 0.99))
    assert [hearing.listen(one) for one in (turn, english, turn)] == [None, None, None]


def test_an_answer_that_was_refused_is_heard_and_one_that_was_taken_is_not(session: Session) -> None:
    taken = replace(hears(session, LAO), intent="inform")
    refused = replace(taken, reading=Reading(field="municipality", kind="place", refused="utter_wrong_place"))
    assert [hearing.listen(one) for one in (taken, taken, refused, refused)] == [None, None, None, "lo"]


def test_a_doubtful_or_short_text_says_nothing(session: Session) -> None:
    turn = hears(session, MALAY, heard=Heard("ms", 0.6))
    short = replace(turn, text="boleh", heard=Heard("ms", 0.99))
    assert [hearing.listen(one) for one in (turn, turn, short, short)] == [None] * 4


def test_malay_is_not_heard_in_a_short_text_of_an_indonesian(session: Session) -> None:
    turn = hears(session, "kami mahu tahu ini", "id", heard=Heard("ms", 0.99))
    assert [hearing.listen(turn) for _ in range(3)] == [None] * 3


def test_nobody_is_moved_from_indonesian_to_malay_before_choosing(session: Session) -> None:
    person = somebody(session)
    person.contact.language = "id"
    hearing.adopt(replace(turn_of(session, person), text=MALAY, heard=Heard("ms", 0.99)))
    assert person.contact.language == "id"


def test_before_anybody_chose_the_language_that_is_written_in_is_taken(session: Session) -> None:
    person = somebody(session)
    hearing.adopt(replace(turn_of(session, person), text=LAO))
    assert person.contact.language == "lo"


def test_the_offer_comes_in_the_language_that_was_heard_with_both_to_tap(session: Session) -> None:
    turn = hears(session, LAO)
    answer(turn)
    said = answer(turn)
    assert (said[0].key, said[0].language) == ("utter_offer_language", "lo")
    assert {payload("change_language", language=code) for code in ("lo", "en")} <= {c.payload for c in said[-1].choices}
    assert turn.contact.language == "en"


def test_who_is_in_danger_is_answered_in_the_language_they_cry_in(session: Session) -> None:
    said = answer(replace(hears(session, "ຊ່ວຍແດ່ ນ້ຳຖ້ວມຮອດຫຼັງຄາແລ້ວ"), intent="emergency"))
    assert said[0].language == "lo"


def test_danger_is_no_moment_for_an_offer_and_the_language_holds_while_a_form_is_open(session: Session) -> None:
    turn = replace(hears(session, "ຊ່ວຍແດ່ ນ້ຳຖ້ວມຮອດຫຼັງຄາແລ້ວ"), intent="emergency")
    drafts.begin(turn, PLEDGE.key)
    for said in (answer(turn), answer(turn)):
        assert (said[0].key, said[0].language) == ("utter_emergency_anywhere", "lo")
        assert "utter_offer_language" not in {one.key for one in said}


def test_a_script_without_words_is_answered_once_with_an_apology(session: Session) -> None:
    turn = hears(session, "我们想加入市长盟约")
    assert [one.key for one in hearing.without_words(turn)] == ["utter_language_unknown"]
    assert hearing.without_words(turn) == []


def test_what_was_not_understood_is_kept_masked_and_explained_by_the_next_tap(session: Session) -> None:
    turn = replace(hears(session, "when 12 ok budi@kota.id"), intent="unclear", ranking=RANKING)
    unclear(turn)
    answer(replace(turn, text="", intent="check_status"))
    doubt = session.scalars(select(Doubt)).one()
    assert (doubt.words, doubt.meant) == ("when ‹number› ok ‹email›", "check_status")
    assert doubt.guesses[0] == ["ask_deadlines", 0.3]


def test_words_of_somebody_who_never_agreed_are_not_kept(session: Session) -> None:
    turn = replace(turn_of(session, somebody(session)), text="asdf qwer", intent="unclear", ranking=RANKING)
    doubts.keep(turn)
    assert session.scalars(select(Doubt)).all() == []


def test_what_is_old_is_forgotten(session: Session) -> None:
    turn = replace(hears(session, "asdf qwer"), ranking=RANKING)
    doubts.keep(turn)
    session.flush()
    doubts.forget(session, turn.now + doubts.KEPT + timedelta(days=1))
    assert list(doubts.table(session)) == []

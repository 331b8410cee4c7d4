"""The starting lines: what their data file says can be traced, and one more thing recorded never makes less of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant.starting_line import (
    FILE,
    JUDGES,
    Aim,
    Line,
    Outcome,
    Owed,
    Pledged,
    Race,
    Recorded,
    judge,
    line_of,
    lines,
)
from covenant.values.choices import AUDIENCES
from db.milestones import Phase
from db.pledges import Campaign, Progress
from locales.sources import all_sources, read_yaml

TODAY = date(2026, 12, 2)
TOWN, SOMEBODY = Recorded(TODAY, is_town=True), Recorded(TODAY, is_town=False)
MET, MISSING, ASK = Outcome.MET, Outcome.MISSING, Outcome.ASK_YOURSELF
RANKS = list(Outcome)
LINES = st.sampled_from(lines())
AIMS = st.builds(
    Aim,
    percent=st.none() | st.sampled_from([0.0, 43.2, 100.0, 400.0]),
    level=st.none() | st.sampled_from([0, 12_000]),
    boundary=st.sampled_from([None, "community", "own"]),
)
PLEDGES = st.builds(
    Pledged,
    reference=st.text("ABC2345", min_size=8, max_size=8),
    campaign=st.sampled_from(Campaign),
    audiences=st.sampled_from([(), AUDIENCES[:1]]),
    progress=st.sampled_from(Progress),
    year=st.none() | st.sampled_from([2020, 2028, 2030, 2031, 2049, 2050, 2051]),
    aim=st.none() | AIMS,
)
OWED = st.builds(Owed, number=st.integers(1), phase=st.sampled_from(Phase), standing=st.just("…"))
KEYS = ("milestone_assessment", "milestone_plan", "milestone_target")
RECORDED = st.builds(
    Recorded,
    today=st.just(TODAY),
    is_town=st.booleans(),
    pledges=st.lists(PLEDGES, max_size=4).map(tuple),
    milestones=st.dictionaries(st.sampled_from(KEYS), OWED),
    badge_on=st.none() | st.dates(date(2020, 1, 1), TODAY),
)


def outcomes(line: Line, recorded: Recorded) -> Mapping[str, Outcome]:
    return {one.key: finding.outcome for one, finding in judge(line, recorded)}


def says_no_less(line: Line, before: Recorded, after: Recorded) -> bool:
    was, now = outcomes(line, before), outcomes(line, after)
    return all(RANKS.index(now[key]) >= RANKS.index(was[key]) for key in was)


# --- the data file --------------------------------------------------------------------------------------------------


def test_each_race_has_a_line_for_towns_and_one_for_everybody_else() -> None:
    assert {(one.race, one.is_for_towns) for one in lines()} == {
        (race, town) for race in Race for town in (True, False)
    }
    assert line_of(Race.ZERO, is_town=True).key == "line_cities_zero"


@pytest.mark.parametrize("line", lines(), ids=lambda one: one.key)
def test_every_criterion_has_words_a_judge_a_source_and_a_status(line: Line) -> None:
    keys = [one.key for one in line.criteria]
    assert keys
    assert len(keys) == len(set(keys))
    assert {line.key, line.way, *keys} <= set(all_sources())
    for one in line.criteria:
        assert one.judge in JUDGES
        assert one.source.startswith("https://")
        assert one.status in {"confirmed", "recalled"}


def test_only_a_confirmed_address_is_given() -> None:
    data = read_yaml(FILE)
    for row in data["lines"]:
        entry = row["entry"]
        assert entry["url"].startswith("https://")
        assert entry["status"] == "confirmed"
        assert entry["source"] in data["sources"]


def test_no_text_and_no_source_is_kept_for_nothing() -> None:
    data = read_yaml(FILE)
    used = [one for row in data["lines"] for one in (*row["criteria"], row["entry"])]
    assert {one["key"] for one in data["texts"]} == {one["key"] for one in used if "key" in one}
    assert set(data["sources"]) == {one["source"] for one in used}


# --- laws -----------------------------------------------------------------------------------------------------------


@given(LINES, RECORDED, PLEDGES)
def test_one_more_pledge_never_says_less(line: Line, recorded: Recorded, pledge: Pledged) -> None:
    assert says_no_less(line, recorded, replace(recorded, pledges=(*recorded.pledges, pledge)))


@given(LINES, RECORDED, PLEDGES, AIMS)
def test_a_target_that_is_added_to_a_pledge_never_says_less(
    line: Line, recorded: Recorded, pledge: Pledged, aim: Aim
) -> None:
    without = replace(recorded, pledges=(*recorded.pledges, replace(pledge, aim=None)))
    assert says_no_less(line, without, replace(recorded, pledges=(*recorded.pledges, replace(pledge, aim=aim))))


@given(LINES, RECORDED)
def test_what_nobody_confirmed_and_what_no_record_tells_is_never_certain(line: Line, recorded: Recorded) -> None:
    for one, finding in judge(line, recorded):
        if one.judge == "own" or not one.is_certain:
            assert finding.outcome == ASK


@given(LINES, RECORDED)
def test_what_is_missing_always_comes_with_a_step_and_what_is_met_never(line: Line, recorded: Recorded) -> None:
    for _one, finding in judge(line, recorded):
        assert (finding.step is not None) or finding.outcome != MISSING
        assert (finding.step is None) or finding.outcome != MET
        assert (finding.because is not None) or finding.outcome != MET


# --- judges ---------------------------------------------------------------------------------------------------------


def judged(name: str, recorded: Recorded, *pledges: Pledged) -> Outcome:
    return JUDGES[name](replace(recorded, pledges=pledges)).outcome


def aiming(
    percent: float | None, year: int | None, campaign: Campaign = Campaign.ZERO, boundary: str | None = "community"
) -> Pledged:
    return Pledged("AAAA2222", campaign, year=year, aim=Aim(percent, boundary=boundary))


@pytest.mark.parametrize(
    ("pledge", "of_a_town", "of_somebody"),
    [
        (aiming(100, 2045), MET, MET),
        (aiming(100, 2050), MET, MET),
        (aiming(100, 2051), MISSING, MISSING),
        (aiming(99.9, 2045), MISSING, MISSING),
        (aiming(None, 2045), MISSING, MISSING),
        (aiming(100, None), ASK, ASK),  # by when?
        (aiming(400, 2045), ASK, ASK),  # odd, and perhaps a slip
        (aiming(100, 2025), ASK, ASK),  # over already
        (aiming(100, 2026), MET, MET),
        (aiming(100, 2045, boundary="own"), ASK, MET),
        (aiming(100, 2045, boundary=None), ASK, MET),
        (aiming(100, 2045, Campaign.COVENANT), MET, MET),
        (aiming(100, 2045, Campaign.RESILIENCE), MISSING, MISSING),
        (Pledged("AAAA2222", Campaign.ZERO, year=2045, aim=Aim(level=0, boundary="community")), MET, MET),
        (Pledged("AAAA2222", Campaign.ZERO, year=2045, aim=Aim(level=9, boundary="community")), MISSING, MISSING),
        (Pledged("AAAA2222", Campaign.ZERO, year=2045), MISSING, MISSING),
    ],
)
def test_net_zero_is_a_target_of_nothing_left_in_time(
    pledge: Pledged, of_a_town: Outcome, of_somebody: Outcome
) -> None:
    assert judged("net_zero", TOWN, pledge) == of_a_town
    assert judged("net_zero", SOMEBODY, pledge) == of_somebody


def test_of_several_targets_the_clear_one_counts() -> None:
    assert judged("net_zero", TOWN, aiming(100, None), aiming(100, 2045), aiming(30, 2030)) == MET


@pytest.mark.parametrize(("year", "outcome"), [(2030, ASK), (2028, ASK), (2031, MISSING), (None, MISSING)])
def test_whether_an_interim_target_is_a_fair_share_is_for_the_reader(year: int | None, outcome: Outcome) -> None:
    assert judged("interim", TOWN, aiming(50, year)) == outcome


@pytest.mark.parametrize("judge_name", ["net_zero", "interim"])
@pytest.mark.parametrize(
    ("phase", "outcome"),
    [(Phase.OPEN, MISSING), (Phase.NOT_APPLICABLE, MISSING), (Phase.HANDED_IN, ASK), (Phase.DONE, ASK)],
)
def test_a_target_on_paper_may_say_it(judge_name: str, phase: Phase, outcome: Outcome) -> None:
    assert judged(judge_name, replace(TOWN, milestones={"milestone_target": Owed(7, phase, "…")})) == outcome


@pytest.mark.parametrize(
    ("campaign", "action", "inclusive"),
    [
        (Campaign.RESILIENCE, MET, MISSING),
        (Campaign.CITIES_RESILIENCE, MET, MISSING),
        (Campaign.ZERO, MISSING, MET),
        (Campaign.COVENANT, MISSING, MISSING),
    ],
)
def test_an_action_counts_for_the_race_it_was_pledged_to(
    campaign: Campaign, action: Outcome, inclusive: Outcome
) -> None:
    pledge = Pledged("AAAA2222", campaign, AUDIENCES[:1])
    assert judged("action", TOWN, pledge) == action
    assert judged("inclusive", TOWN, pledge) == inclusive


def test_whom_an_action_includes_is_unknown_where_it_does_not_say_for_whom_it_is() -> None:
    assert judged("inclusive", TOWN, Pledged("AAAA2222", Campaign.ZERO)) == ASK


@pytest.mark.parametrize(
    ("progress", "outcome", "payload"),
    [
        (Progress.NOT_STARTED, MISSING, "/report_progress"),
        (Progress.DELAYED, ASK, "/report_progress"),
        (Progress.UNDER_WAY, MET, None),
        (Progress.DONE, MET, None),
    ],
)
def test_action_has_begun_when_its_last_report_says_so(
    progress: Progress, outcome: Outcome, payload: str | None
) -> None:
    finding = JUDGES["begun"](replace(TOWN, pledges=(Pledged("AAAA2222", Campaign.ZERO, progress=progress),)))
    assert (finding.outcome, finding.step.payload if finding.step else None) == (outcome, payload)


@pytest.mark.parametrize(
    ("phase", "outcome"),
    [(Phase.OPEN, MISSING), (Phase.HANDED_IN, MET), (Phase.DONE, MET), (Phase.NOT_APPLICABLE, ASK)],
)
def test_an_assessment_is_there_once_it_was_handed_in(phase: Phase, outcome: Outcome) -> None:
    recorded = replace(TOWN, milestones={"milestone_assessment": Owed(7, phase, "told")})
    finding = JUDGES["assessment"](recorded)
    assert (finding.outcome, finding.because) == (outcome, "told")
    assert JUDGES["plan"](recorded).outcome == MISSING
    if phase == Phase.OPEN:
        assert finding.step
        assert finding.step.payload == '/report_progress{"milestone": "7"}'


def test_who_owes_nothing_here_yet_is_led_to_the_covenant() -> None:
    finding = JUDGES["plan"](TOWN)
    assert finding.step
    assert (finding.outcome, finding.step.payload) == (MISSING, "/join_covenant")


@pytest.mark.parametrize(
    ("badge_on", "outcome"), [(None, ASK), (date(2025, 12, 1), MET), (date(2025, 11, 30), ASK), (TODAY, MET)]
)
def test_a_badge_of_the_last_year_shows_that_a_report_was_checked(badge_on: date | None, outcome: Outcome) -> None:
    assert JUDGES["reported"](replace(TOWN, badge_on=badge_on)).outcome == outcome

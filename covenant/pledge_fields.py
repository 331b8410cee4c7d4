"""What a pledge is asked for: the questions in order, their fixed answers, and which of them apply.

The first part is what makes a pledge a pledge; behind `pledge_more` comes what lets it count for more (how the people
were counted, where, what it strengthens, as the metrics of Race to Resilience ask), for who has the time.
"""

from collections.abc import Callable

from covenant.fields import CHOICE, PLACE, Field, Journey, Option, Values, always, is_open
from covenant.messages import button
from covenant.values import Kind
from db.pledges import Area, Attribute, Campaign, Counting, TargetKind

MORE = "pledge_more"
TOWN = "_town"  # beside the answers: the public id of the municipality that is pledging

CAMPAIGNS = (
    Option(Campaign.RESILIENCE.value, "Race to Resilience"),
    Option(Campaign.CITIES_RESILIENCE.value, "Cities' Race"),
    Option(Campaign.ZERO.value, "Race to Zero"),
    Option(Campaign.COVENANT.value, "Covenant target"),
)
# The four dangers that the Races name first; any other may be written.
HAZARDS = (
    Option("flood: flash/surface flood", "Flood"),
    Option("water: drought", "Drought"),
    Option("heat: extreme hot days", "Extreme heat"),
    Option("flood: permanent inundation", "Sea-level rise and coast"),
)
AUDIENCES = (
    Option("informal settlement", "Informal settlements"),
    Option("farmer", "Farmers"),
    Option("coast/fisher", "Coast and fishers"),
    Option("home", "Homes"),
    Option("business", "Businesses"),
    Option("women, elderly, children, people with disabilities", "People at most risk"),
)
COUNTINGS = (
    Option(Counting.LISTED.value, "From a list"),
    Option(Counting.OFFICIAL.value, "Official figures"),
    Option(Counting.ESTIMATED.value, "An estimate"),
)
AREAS = (
    Option(Area.URBAN.value, "Town or city"),
    Option(Area.RURAL.value, "Countryside"),
    Option(Area.COASTAL.value, "Coast"),
)
ATTRIBUTES = (
    Option(Attribute.PREPAREDNESS.value, "Being prepared"),
    Option(Attribute.LEARNING.value, "Learning"),
    Option(Attribute.AGENCY.value, "Deciding ourselves"),
    Option(Attribute.COLLABORATION.value, "Working together"),
    Option(Attribute.FLEXIBILITY.value, "Staying flexible"),
    Option(Attribute.EQUITY.value, "Fairness"),
    Option(Attribute.ASSETS.value, "Means to respond"),
)
TARGETS = (
    Option(TargetKind.BASE_YEAR.value, "Below a base year"),
    Option(TargetKind.SCENARIO.value, "Below the trend"),
    Option(TargetKind.FIXED_LEVEL.value, "A fixed level"),
)
BOUNDARIES = (Option("community", "The whole town"), Option("own", "The town hall's own"))
MORES = (Option("yes", "Yes, add details"), Option("no", "No, that is enough"))
MOST_HAZARDS, MOST_AUDIENCES = 5, 3


def is_about_emissions(values: Values) -> bool:
    """Tell whether a pledge is measured by what is emitted, and not by the people who live more safely."""
    return values.get("pledge_campaign") in {Campaign.ZERO, Campaign.COVENANT}


def _is_about_people(values: Values) -> bool:
    return not is_about_emissions(values)


def _is(kind: TargetKind) -> Callable[[Values], bool]:
    return lambda values: is_about_emissions(values) and values.get("pledge_target") == kind


def _has_percent(values: Values) -> bool:
    return is_about_emissions(values) and values.get("pledge_target") in {TargetKind.BASE_YEAR, TargetKind.SCENARIO}


def _has_no_town(values: Values) -> bool:
    return TOWN not in values


def _detail(
    key: str,
    kind: str,
    options: tuple[Option, ...] = (),
    many: int = 0,
    applies: Callable[[Values], bool] = always,
) -> Field:
    """Ask for a detail where details are wanted; what was said without being asked is shown in any case."""

    def needed(values: Values) -> bool:
        return applies(values) and (values.get(MORE) == "yes" or not is_open(values.get(key)))

    return Field(key, kind, optional=True, options=options, many=many, needed=needed)


PLEDGE = Journey(
    key="pledge",
    fields=(
        Field(
            "pledge_action",
            Kind.TEXT,
            skippable=False,
            resembles=("log_pledge", "report_progress", "share_knowledge", "get_tips"),
        ),
        Field("pledge_campaign", CHOICE, options=CAMPAIGNS),
        Field("pledge_hazards", Kind.HAZARD, options=HAZARDS, many=MOST_HAZARDS, needed=_is_about_people),
        Field("pledge_people", Kind.PEOPLE, needed=_is_about_people),
        Field("pledge_target", CHOICE, options=TARGETS, needed=is_about_emissions),
        Field("pledge_base_year", Kind.YEAR, past=True, needed=_is(TargetKind.BASE_YEAR)),
        Field("pledge_percent", Kind.REDUCTION, needed=_has_percent),
        Field("pledge_level", Kind.COUNT, needed=_is(TargetKind.FIXED_LEVEL)),
        Field("pledge_year", Kind.YEAR),
        Field("pledge_place", PLACE, optional=True, needed=_has_no_town),
        Field(MORE, CHOICE, options=MORES, skippable=False, shown=False),
        _detail("pledge_counting", CHOICE, options=COUNTINGS, applies=_is_about_people),
        _detail("pledge_audiences", Kind.AUDIENCE, options=AUDIENCES, many=MOST_AUDIENCES),
        _detail("pledge_area", CHOICE, options=AREAS),
        _detail("pledge_attributes", CHOICE, options=ATTRIBUTES, many=len(ATTRIBUTES), applies=_is_about_people),
        _detail("pledge_boundary", CHOICE, options=BOUNDARIES, applies=is_about_emissions),
        _detail("pledge_start", Kind.YEAR),
        _detail("pledge_office", Kind.TEXT),
        _detail("pledge_public", Kind.YES_NO),
    ),
    confirm=button("Record this pledge"),
)

"""The operator's own prices, from the data folder."""

from bot.errors import StartError
from bot.settings import Settings
from covenant import costs


def own_rates(settings: Settings) -> None:
    """Go by the operator's own rates where there are any; a StartError says what is wrong with them."""
    try:
        costs.use_own(settings.data_dir)
    except costs.RatesWrong as problem:
        raise StartError(str(problem)) from None

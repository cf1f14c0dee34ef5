"""Other ways to choose, as methods of `setpoint.core.replay`: what `bench/replay.py` holds ours against."""

from baselines.cherrypick import CherryPick
from baselines.forest import Forest
from baselines.greedy import Greedy
from baselines.tpe import TreeParzen
from setpoint.core.replay import METHODS, Method

BASELINES: dict[str, Method] = {
    "stay": METHODS["stay"],
    "random 4, then best": METHODS["random"],
    "greedy point prediction": Greedy(),
    "Optuna TPE": TreeParzen(),
    "random forest": Forest(),
    "CherryPick": CherryPick(),
}

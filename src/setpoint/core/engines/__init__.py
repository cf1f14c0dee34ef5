"""Whether another engine (Photon) or another processor (ARM) pays for one project, with what certainty, and why.

docs/engines.md has the method.
"""

from setpoint.core.engines.arm import judge_siblings, native_code_risks, siblings
from setpoint.core.engines.evidence import Coverage, WorkSplit, coverage_of, split_of
from setpoint.core.engines.measured import measured_pairs, pair_of, pairs_of_others, similarity
from setpoint.core.engines.photon import PHOTON, judge_photon
from setpoint.core.engines.speedup import Belief, MeasuredPair, SpeedUp, speed_up
from setpoint.core.engines.told import ToldCluster, told_cluster
from setpoint.core.engines.verdict import SURE, EngineAnswer, NoAnswer, RunTerms

__all__ = [
    "PHOTON",
    "SURE",
    "Belief",
    "Coverage",
    "EngineAnswer",
    "MeasuredPair",
    "NoAnswer",
    "RunTerms",
    "SpeedUp",
    "ToldCluster",
    "WorkSplit",
    "coverage_of",
    "judge_photon",
    "judge_siblings",
    "measured_pairs",
    "native_code_risks",
    "pair_of",
    "pairs_of_others",
    "siblings",
    "similarity",
    "speed_up",
    "split_of",
    "told_cluster",
]

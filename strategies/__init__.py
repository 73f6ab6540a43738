"""Search methods, one a file. ``REGISTRY`` finds them by name; their classes can be imported from here.

>>> from nasbed.strategies import REGISTRY, RegularizedEvolution
>>> RegularizedEvolution(population=20)
RegularizedEvolution(population=20, sample=16)
>>> REGISTRY.make("regularized_evolution", {"sample": 5})
RegularizedEvolution(population=23, sample=5)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.vocabulary import Strategy
from nasbed.vocabulary.registry import Registry

if TYPE_CHECKING:
    from nasbed.strategies.alternate import Alternate as Alternate
    from nasbed.strategies.asha import ASHA as ASHA
    from nasbed.strategies.bananas import BANANAS as BANANAS
    from nasbed.strategies.bohb import BOHB as BOHB
    from nasbed.strategies.darts import DARTS as DARTS
    from nasbed.strategies.dehb import DEHB as DEHB
    from nasbed.strategies.dr_nas import DrNAS as DrNAS
    from nasbed.strategies.enas import ENAS as ENAS
    from nasbed.strategies.gdas import GDAS as GDAS
    from nasbed.strategies.genetic_algorithm import GeneticAlgorithm as GeneticAlgorithm
    from nasbed.strategies.gp_bo import GPBO as GPBO
    from nasbed.strategies.hand_designed import HandDesigned as HandDesigned
    from nasbed.strategies.hyperband import Hyperband as Hyperband
    from nasbed.strategies.local_search import LocalSearch as LocalSearch
    from nasbed.strategies.lstm_controller import LSTMController as LSTMController
    from nasbed.strategies.npenas import NPENAS as NPENAS
    from nasbed.strategies.nsga2 import NSGA2 as NSGA2
    from nasbed.strategies.optuna import Optuna as Optuna
    from nasbed.strategies.parego import ParEGO as ParEGO
    from nasbed.strategies.pc_darts import PCDARTS as PCDARTS
    from nasbed.strategies.program import Program as Program
    from nasbed.strategies.proxy_evolution import ProxyEvolution as ProxyEvolution
    from nasbed.strategies.proxy_predictor import ProxyPredictor as ProxyPredictor
    from nasbed.strategies.proxy_ranking import ProxyRanking as ProxyRanking
    from nasbed.strategies.random_architecture import RandomArchitecture as RandomArchitecture
    from nasbed.strategies.random_search import RandomSearch as RandomSearch
    from nasbed.strategies.regularized_evolution import RegularizedEvolution as RegularizedEvolution
    from nasbed.strategies.reinforce import Reinforce as Reinforce
    from nasbed.strategies.rf_bo import RFBO as RFBO
    from nasbed.strategies.rsps import RSPS as RSPS
    from nasbed.strategies.setn import SETN as SETN
    from nasbed.strategies.simulated_annealing import SimulatedAnnealing as SimulatedAnnealing
    from nasbed.strategies.sms_emoa import SMSEMOA as SMSEMOA
    from nasbed.strategies.spos import SPOS as SPOS
    from nasbed.strategies.successive_halving import SuccessiveHalving as SuccessiveHalving
    from nasbed.strategies.tpe import TPE as TPE
    from nasbed.strategies.weak_predictors import WeakPredictors as WeakPredictors

REGISTRY: Registry[Strategy] = Registry("strategy", __name__, "nasbed.strategies", "nasbed.vocabulary:Strategy")

__getattr__ = REGISTRY.attribute

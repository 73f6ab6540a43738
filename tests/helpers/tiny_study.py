"""A small study, of which results, tables, figures and reports are looked at."""

from __future__ import annotations

STUDY = """
name = "tiny"
title = "Tiny & 100 % real"
seeds = 12
budget = { evaluations = 25 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
budget = { seconds = 150_000 }
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "RE, small"
population = 4
[[strategy]]
use = "hand_designed"
"""

"""The regression gate: whether a change to a strategy made its search worse.

A stored baseline (:mod:`nasbed.gate.baseline`) of thousands of seeds is set against new runs by a group-sequential test
(:mod:`nasbed.gate.sequential`), which ends as soon as it can say better, equivalent or worse (:mod:`nasbed.gate.gate`).
"""

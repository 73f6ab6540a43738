"""Search methods of other libraries, one a file, each behind the same loop, budgets, noise and seeds as ours.

What they share is in :mod:`nasbed.strategies.models.outside`.
"""

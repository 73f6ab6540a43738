"""Processes that compute for this one, supervised: a session of their own, and nothing left behind."""

"""Where a search for a network stands in the folder of the network; what reads the folder needs no trainer for it."""

SEARCH = "search"
"""The folder within a trained network's that holds the search which found it, where one did."""
SETTINGS = "settings.json"
"""The file beside the record of a search that says what is searched, and how."""

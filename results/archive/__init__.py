"""Reference runs, written by ``studies/archive.py``: numbers alone, which :mod:`nasbed.results.archive` reads."""

"""Calls made on the workers of a Dask cluster, each in a supervised process there."""

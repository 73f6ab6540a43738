"""The archive: reference runs of strategies on shipped benchmarks, that others are compared with and need not run."""

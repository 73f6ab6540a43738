"""Benchmarks that have trained here what a table lacks: fidelities, trainings, data and sizes that it has not recorded."""

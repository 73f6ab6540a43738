"""Networks for sequences: as PyTorch trains them, as modules that stand alone, and their trainings."""

"""Networks for images: benchmarks that train them, and the modules of trained ones that stand alone."""

"""Results to and from other tools: tables, IOHprofiler, COCO, Optuna, and a description as Croissant."""

"""The statistics of a study's summary, each declared once: its numbers, its heads, how it is written, what captions say of it."""

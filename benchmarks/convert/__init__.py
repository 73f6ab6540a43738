"""Foreign files become tables. Each module without a leading underscore makes one table; ``CONVERTER`` says from what."""

from nasbed.benchmarks.convert._converters import converter, fetch_table, import_table, names

__all__ = ["converter", "fetch_table", "import_table", "names"]

"""Foreign files become tables. Each module without a leading underscore makes one table; ``CONVERTER`` says from what."""

from nasbed.benchmarks.convert._converters import converter, fetch_table, import_table, names
from nasbed.benchmarks.convert._own import MadeTable, make_table
from nasbed.benchmarks.convert._own_summary import described
from nasbed.benchmarks.convert._roles import Declarations

__all__ = ["Declarations", "MadeTable", "converter", "described", "fetch_table", "import_table", "make_table", "names"]

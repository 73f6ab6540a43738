"""Tables of trainings: their columns, whatever the networks, and how those of cells become a table."""

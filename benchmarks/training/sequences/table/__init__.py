"""Tables of networks for sequences: what is trained for one, in which shards, and how they become a table."""

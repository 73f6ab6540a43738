"""What several methods share: models of values, rankings, fronts. A method itself is one file beside this folder."""

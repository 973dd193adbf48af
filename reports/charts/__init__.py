"""Charts on paper: the tokens of the look and the drawing of a series."""

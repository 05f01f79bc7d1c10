"""`make proof`: the long races, kills and models."""

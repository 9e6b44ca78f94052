"""Other servers of the same network, each in its own words."""

"""A copy of a study that can leave the house: de-identified by a stated policy, and proven so."""

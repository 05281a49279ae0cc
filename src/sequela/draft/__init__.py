"""A draft of a study from a sheet as it came: proposals with reasons, for a person to correct."""

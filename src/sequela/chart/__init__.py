"""The chart: validated tables of what is known of each patient."""

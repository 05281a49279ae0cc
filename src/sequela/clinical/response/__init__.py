"""Response to therapy: as clinicians reported it, and as named criteria compute it."""

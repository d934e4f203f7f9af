"""Public stance corpora measured by their own protocols."""

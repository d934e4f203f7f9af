"""From judgments of annotators to one checked table of labelled quotes."""

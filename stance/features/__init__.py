"""A quote as text, terms and vectors; the same for training and prediction."""

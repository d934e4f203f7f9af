"""From a quote to text, terms and vectors, in the same way for training and prediction."""

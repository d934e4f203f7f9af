"""What learns from labels: scikit-learn and PyTorch. Prediction needs none of it."""

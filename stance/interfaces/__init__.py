"""The model for other programs: HTTP, a page, MLflow, assistants, spaCy, scikit-learn."""

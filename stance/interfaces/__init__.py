"""The model where others want it: HTTP, a page, MLflow, assistants, spaCy, scikit-learn."""

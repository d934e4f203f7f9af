"""The MLflow store, its runs, and the model folders that they wrote."""

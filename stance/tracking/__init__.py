"""The MLflow store, its runs, and the model folders they left."""

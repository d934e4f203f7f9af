"""The model folder and what it computes, with numpy and onnxruntime alone."""

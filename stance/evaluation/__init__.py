"""How good models, extraction and explanations are, with intervals."""

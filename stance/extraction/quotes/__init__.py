"""What is reported in a parsed article: cues, contents, statements, quotes."""

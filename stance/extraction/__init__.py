"""From an article to its quotes and their speakers."""

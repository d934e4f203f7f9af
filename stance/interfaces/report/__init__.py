"""One HTML page that shows articles, quotes and speakers."""

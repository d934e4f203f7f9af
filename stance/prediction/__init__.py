"""From new text to stances: one quote or a million rows."""

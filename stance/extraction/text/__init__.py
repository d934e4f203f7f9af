"""An article cut up and read: paragraphs, quotation marks, language, the parse."""

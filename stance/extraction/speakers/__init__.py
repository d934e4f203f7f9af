"""Who says a quote: names, whom they mean, one id for all spellings."""

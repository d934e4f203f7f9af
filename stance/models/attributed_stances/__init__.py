"""Stances that a quote ascribes to others: who may hold one, and which it is."""

"""What everything else passes on: records, errors, paths and files."""

"""What all packages use: records, errors, paths and files."""

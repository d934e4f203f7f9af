"""From a TOML file to a tracked run; sweeps, the leaderboard, comparison."""

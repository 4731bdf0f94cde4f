"""The online half of pilookup: evaluates blindly, serves signed snapshots."""

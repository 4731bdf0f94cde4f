"""The online half of pilookup: evaluates blinded elements, and serves signed snapshots and the page for citizens."""

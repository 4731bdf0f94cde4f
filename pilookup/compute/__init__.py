"""Where work runs: threads of this process or a cluster, and tasks in flight in their order."""

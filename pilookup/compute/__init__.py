"""Where tasks run.

`executors` runs them on threads of this process or on a cluster, and `window` delivers their outcomes in order.
"""

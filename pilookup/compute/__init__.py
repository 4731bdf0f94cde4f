"""Where tasks run.

`executors` runs them on threads of this process or on a cluster, and `window` delivers their outcomes in order.
`callbacks` keeps errors of the caller's progress function and streams apart from errors of the work.
"""

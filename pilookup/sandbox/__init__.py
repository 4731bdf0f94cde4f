"""A sandbox: a HOME of fictional cases with keys of its own, and a server of it on this machine.

`home` makes and opens the HOME, `fictional_data` is what it loads, and `server_process` runs the server.
"""

"""What publisher, server and client share, without any I/O.

- `oprf`, `token` and `label`: from an identifier to what a channel says about it.
- `buckets`, `merkle`, `filter`, `bloom`, `manifest` and `release`: the published files.
- `messages`, `problems` and `proof_of_work`: what a client and a server send each other.
- `names` and `encoding`: names and encodings that the others use.
"""

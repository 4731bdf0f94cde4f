"""The processes of the server: start, supervision, and the work of each."""

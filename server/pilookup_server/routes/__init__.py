"""The routes of the HTTP interface (SPEC.md section 8). `app` lists them with their paths."""

"""The routes of the HTTP interface (SPEC.md section 8), one subject a file."""

"""What anyone can check of published files: no secret is needed, and neither numpy nor pyarrow."""

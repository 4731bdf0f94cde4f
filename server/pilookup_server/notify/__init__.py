"""Delivers notices to receivers (SPEC.md section 8.6): the process `pilookup notify`, which holds no channel key."""

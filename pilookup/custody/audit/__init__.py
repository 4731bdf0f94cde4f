"""The audit log of custody: who ran which command when, with counts, in a chain of hashes (docs/adr/0025)."""

from pilookup.custody.audit.log import AuditLog, Recorded

__all__ = ["AuditLog", "Recorded"]

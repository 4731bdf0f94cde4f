"""The list of electronic data of a load: each file and member with its digests, to print and to sign."""

from pilookup.custody.evidence.digests import EvidenceItem, file_ids, list_evidence
from pilookup.custody.evidence.forms import EvidenceList

__all__ = ["EvidenceItem", "EvidenceList", "file_ids", "list_evidence"]

"""What both sides share: identifiers' elements, tokens, labels, filters, snapshots, messages. No I/O."""

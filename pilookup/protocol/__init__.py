"""What publisher, server and client share: elements, tokens, labels, buckets, filters, manifests, messages. No I/O."""

"""The page for citizens as this server, or any static host, hands it out."""

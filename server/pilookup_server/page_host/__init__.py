"""The page for citizens, as this server or a static host serves it."""

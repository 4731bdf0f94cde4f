"""A channel's release: read, verified, followed on disk, its timestamp renewed."""

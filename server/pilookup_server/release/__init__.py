"""A channel's release: loading and verifying it, watching for newer ones, and renewing its TUF timestamp."""

"""The commands, one module each. A command imports what it works with when it is called, so that others start fast."""

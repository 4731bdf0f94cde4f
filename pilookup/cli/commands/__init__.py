"""The commands, one module each. A command imports what it needs when it is called, so that others start fast."""

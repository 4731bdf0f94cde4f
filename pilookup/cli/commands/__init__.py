"""One file a command; a command imports what it works with when it is called."""

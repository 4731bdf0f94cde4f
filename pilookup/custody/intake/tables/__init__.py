"""Tables: rows of text cells with their location, whatever file they come from."""

"""Tables: rows of text cells with their locations, the same for every file format."""

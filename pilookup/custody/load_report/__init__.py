"""What an operator sees of a load: its notes, and its report as an HTML page."""

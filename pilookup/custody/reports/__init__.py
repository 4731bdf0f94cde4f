"""Reports of platforms on the police side: importing and answering them, and showing what became of each case."""

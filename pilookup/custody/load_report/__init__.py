"""What an operator sees of a load: joined notes, and the report as an HTML page.

`page` puts the page together from `sections`, `charts`, `figures` and `style`. `words` and `advice` have its texts in
both languages.
"""

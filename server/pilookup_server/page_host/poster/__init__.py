"""Posters with the page's address: HTML to print from a browser; SVG and PDF for a printer's shop, with a font."""

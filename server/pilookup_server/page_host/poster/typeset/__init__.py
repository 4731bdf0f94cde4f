"""Posters in a given font, as SVG and PDF. Everything here needs fontTools, of the extra `poster`."""

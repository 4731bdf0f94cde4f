"""Whether an element can be seen, for scripts in the page, in any engine."""

SHOWN = """
  const transparent = element => {
    for (let at = element; at; at = at.parentElement) if (getComputedStyle(at).opacity === '0') return true;
    return false;
  };
  // Chromium has checkVisibility since 105.
  const visible = element => element.checkVisibility
    ? element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    : getComputedStyle(element).visibility === 'visible' && !transparent(element);
  const shown = element => element.getClientRects().length > 0 && visible(element);
"""

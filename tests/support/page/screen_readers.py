"""Known causes for which screen readers say too little or too much."""

SCRIPT = """() => {
  const faults = [];
  // VoiceOver on iOS does not announce a summary that is a flex or grid container as a button.
  for (const one of document.querySelectorAll('summary')) {
    const { display } = getComputedStyle(one);
    if (/flex|grid/.test(display)) faults.push(`summary: ${display}`);
  }
  // NVDA reads what is in a live region once for the change and once more for the focus.
  const live = '[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]';
  const focused = document.activeElement;
  if (focused && focused !== document.body && (focused.closest(live) || focused.querySelector(live)))
    faults.push(`a live region has the focus: ${focused.outerHTML.slice(0, 80)}`);
  return faults;
}"""
"""VoiceOver's flexible summaries and NVDA's live regions with focus. Returns the faults."""

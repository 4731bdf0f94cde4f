"""Finds what enlarged text cuts off or lets overlap, and borders around nothing."""

from tests.support.page.shown import SHOWN

SCRIPT = (
    r"""async () => {"""
    + SHOWN
    + r"""
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));  // observers of sizes have run
  const name = element => `${element.tagName.toLowerCase()}#${element.id}.${element.className}: `
    + (element.innerText || element.value || '').slice(0, 20);
  const cut = [];
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > room) cut.push(`page: ${document.scrollingElement.scrollWidth} > ${room}`);
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1) continue;
      if (box.left < -0.5 || box.right > room + 0.5) cut.push(`${name(element)} ${box.left} ${box.right}`);
      boxes.push({ element, box });
    }
    // Text outside the box of its button, card or panel.
    const frame = element.closest('button, a, summary, .next, .warnings, .note, #answer, #slip, code');
    const outer = frame && frame.getBoundingClientRect();
    const inner = range.getBoundingClientRect();
    if (frame && (inner.left < outer.left - 0.5 || inner.right > outer.right + 0.5
      || inner.top < outer.top - 0.5 || inner.bottom > outer.bottom + 0.5)) cut.push(`${name(element)} leaves ${name(frame)}`);
  }
  for (const element of document.body.querySelectorAll('*')) {
    if (!shown(element)) continue;
    const { overflowX, overflowY } = getComputedStyle(element);
    if ((overflowX !== 'visible' || overflowY !== 'visible') && element.scrollWidth > element.clientWidth + 1)
      cut.push(`${name(element)} clips ${element.scrollWidth} > ${element.clientWidth}`);
  }
  const overlapping = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, b] = [boxes[i], boxes[j]];
    if (a.element === b.element) continue;
    const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    // Line boxes of large letters touch; letters that overlap do so by more than a third of a line.
    if (width > 1 && height > 0.34 * Math.min(a.box.height, b.box.height))
      overlapping.push(`${name(a.element)} over ${name(b.element)}`);
  }
  // What is pressed must not lie under anything else.
  const controls = [...document.querySelectorAll('button, a[href], input, summary')].filter(shown);
  for (let i = 0; i < controls.length; i++) for (let j = i + 1; j < controls.length; j++) {
    const [a, b] = [controls[i].getBoundingClientRect(), controls[j].getBoundingClientRect()];
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
      overlapping.push(`${name(controls[i])} over ${name(controls[j])}`);
  }
  const framed = element => parseFloat(getComputedStyle(element).borderTopWidth) > 0;
  const empty = [...document.body.querySelectorAll('div, p, section, ul, ol')]
    .filter(element => !element.hasChildNodes() && framed(element) && shown(element)).map(name);
  return { cut, overlapping, empty };
}"""
)


def cut_off(page):
    """Text and controls that are cut off, or that make the page scroll sideways."""
    return page.evaluate(SCRIPT)["cut"]


def overlaps(page):
    """Texts and controls that overlap."""
    return page.evaluate(SCRIPT)["overlapping"]


def empty_frames(page):
    """Elements without content that draw a border all the same."""
    return page.evaluate(SCRIPT)["empty"]

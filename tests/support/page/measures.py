"""Measures the page as it is: targets, letters, contrast (WCAG 2.2 relative luminance) and overflow."""

from tests.support.page.shown import SHOWN

MEASURES = (
    r"""async () => {"""
    + SHOWN
    + r"""
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));  // observers of sizes have run
  const name = element => `${element.tagName.toLowerCase()}#${element.id}.${element.className}: `
    + (element.innerText || '').slice(0, 30);
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    return layers.reverse().reduce((under, top) => over(top, under), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const luminance = colour => {
    const [r, g, b] = colour.slice(0, 3).map(value => value / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  const result = { targets: [], letters: [], contrasts: [], texts: 0, overflow: [] };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !shown(element)) continue;
    result.texts += 1;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    if (size < 18) result.letters.push([name(element), size]);
    const line = parseFloat(style.lineHeight) / size;
    if (!(line >= 1.5 - 1e-3) && !element.closest('button, h1, h2, h3, h4')) result.letters.push([name(element), `line ${line}`]);
    const ground = behind(element);
    const ratio = contrast(over(rgba(style.color), ground), ground);
    if (ratio < 7) result.contrasts.push([name(element), Math.round(ratio * 100) / 100]);
  }
  for (const input of document.querySelectorAll('input')) {
    const ground = behind(input);
    const ratio = contrast(over(rgba(getComputedStyle(input).color), ground), ground);
    if (shown(input) && ratio < 7) result.contrasts.push([name(input), ratio]);
  }
  for (const element of document.querySelectorAll('button, a[href], input, summary, select, textarea, [role=button], [tabindex="0"]')) {
    if (!shown(element)) continue;
    const { width, height } = element.getBoundingClientRect();
    if (width < 60 || height < 60) result.targets.push([name(element), width, height]);
  }
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > room) result.overflow.push(['page', document.scrollingElement.scrollWidth, room]);
  for (const element of document.body.querySelectorAll('*')) {
    if (!shown(element)) continue;
    const style = getComputedStyle(element);
    const { left, right } = element.getBoundingClientRect();
    const scrolls = element.closest('code, pre') !== null;
    if (!scrolls && (left < -0.5 || right > room + 0.5)) result.overflow.push([name(element), left, right]);
    const clips = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    if (clips && !scrolls && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
      result.overflow.push([name(element), 'clips', element.scrollWidth, element.clientWidth, element.scrollHeight, element.clientHeight]);
  }
  return result;
}"""
)


def measure(visitor):
    """The failures by kind: `targets` under 60 px, `letters` under 18 px, `contrasts` under 7:1, `overflow`."""
    result = visitor.page.evaluate(MEASURES)
    assert result.pop("texts") > 5, "there is too little text to measure"
    return {kind: found for kind, found in result.items() if found}

// Finds and creates elements of the document. Texts become text nodes; nothing here parses HTML.

/** The element of index.html with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

type Child = Node | string | null;

/** Create an element: `make("p", { class: "note" }, "text")`. */
export function make(tag: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes)) element.setAttribute(name, String(attributes[name]));
  fill(element, ...children);
  return element;
}

/** Replace the content of an element. Null children are skipped. */
export function fill(element: Element, ...children: Child[]): void {
  element.textContent = "";
  for (const child of children) {
    if (child !== null) element.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

/** A link that dials `number`. Shows `shown`, and what the number is for. */
export function callLink(number: string, shown: string, what: string): HTMLElement {
  return make("a", { class: "call", href: `tel:${number}` }, make("b", {}, shown), " ", make("span", {}, what));
}

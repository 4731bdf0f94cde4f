// The document's elements, and new ones. Text goes in as text: nothing here parses HTML.

/** The element of index.html with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

type Child = Node | string | null;

/** A new element: `make("p", { class: "note" }, "text")`. */
export function make(tag: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes)) element.setAttribute(name, String(attributes[name]));
  fill(element, ...children);
  return element;
}

/** Replace what an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.textContent = "";
  for (const child of children) {
    if (child !== null) element.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

/** A button that dials. */
export function callLink(number: string, shown: string, what: string): HTMLElement {
  return make("a", { class: "call", href: `tel:${number}` }, make("b", {}, shown), " ", make("span", {}, what));
}

// A script without the messages of the errors it throws. The worker catches every error and tells the page a reason
// code; nobody reads the messages, and they are 2 kB of it after gzip.

import { parse } from "acorn";

const BUILT_IN = ["Error", "TypeError", "RangeError"];

/** Cut from `new Error(...)` all arguments, from our own `new Failure(reason, why, wait)` the second. */
export function stripMessages(source) {
  const cuts = [];
  walk(parse(source, { ecmaVersion: 2020, sourceType: "module" }), (node) => {
    if (node.type !== "NewExpression" || node.callee.type !== "Identifier" || node.arguments.length === 0) return;
    const [first, why] = node.arguments;
    if (BUILT_IN.includes(node.callee.name)) cuts.push([first.start, node.arguments[node.arguments.length - 1].end, ""]);
    if (node.callee.name === "Failure" && why) cuts.push([why.start, why.end, '""']);
  });
  // From the end, so that the places before stay where they are.
  cuts.sort(([a], [b]) => b - a);
  return cuts.reduce((text, [start, end, replacement]) => text.slice(0, start) + replacement + text.slice(end), source);
}

function walk(node, visit) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.type === "string") visit(node);
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) child.forEach((one) => walk(one, visit));
    else walk(child, visit);
  }
}

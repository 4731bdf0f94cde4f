// Removes the messages of errors from a script. The worker catches every error and sends only a reason code to the
// page, so nobody reads the messages. They take 2 kB after gzip.

import { parse } from "acorn";

const BUILT_IN = ["Error", "TypeError", "RangeError"];
// Our own functions that make a Failure of one reason, as the bundler names those of several modules.
const MAKES_FAILURE = /^bad\d*$/;

/**
 * Remove all arguments of `new Error(...)`, the second of our own `new Failure(reason, why, wait)`, and all of our own
 * `bad(...)`.
 */
export function stripMessages(source) {
  const cuts = [];
  walk(parse(source, { ecmaVersion: 2020, sourceType: "module" }), (node) => {
    const isCall = node.type === "NewExpression" || node.type === "CallExpression";
    if (!isCall || node.callee.type !== "Identifier" || node.arguments.length === 0) return;
    const [first, why] = node.arguments;
    const last = node.arguments[node.arguments.length - 1];
    if (node.type === "CallExpression") {
      if (MAKES_FAILURE.test(node.callee.name)) cuts.push([first.start, last.end, ""]);
      return;
    }
    if (BUILT_IN.includes(node.callee.name)) cuts.push([first.start, last.end, ""]);
    if (node.callee.name === "Failure" && why) {
      cuts.push(last === why ? [first.end, why.end, ""] : [why.start, why.end, '""']);
    }
  });
  // Cut from the end, so that the positions of the other cuts stay valid.
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

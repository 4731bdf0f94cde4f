// The answer to evaluate, and the proof of work, written only from SPEC.md sections 8.3 and 8.5. No I/O.

import { concat, Failure, fromB64url, hex, integer, sha256, split, unhex, utf8 } from "./protocol.mjs";

const fail = () => {
  throw new Failure("bad_response", "evaluate");
};

// Returns the elements and the proof of an answer in octets to a request with `sent` elements.
export function answerFromOctets(data, sent) {
  if (data.length !== sent * 32 + 64) fail();
  return { elements: split(data.subarray(0, -64), 32), proof: data.subarray(-64) };
}

// The same of an answer in JSON, to a request for `epoch`.
export function answerFromJson(text, epoch, sent) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return fail();
  }
  if (Object.keys(Object(body)).sort().join() !== "elements,epoch,proof" || repeats(text)) fail();
  if (body.epoch !== epoch || !Array.isArray(body.elements) || body.elements.length !== sent) fail();
  return { elements: body.elements.map((one) => fromB64url(one, 32)), proof: fromB64url(body.proof, 64) };
}

// Whether a member of the answer is there twice, which JSON.parse does not tell.
const repeats = (text) => ["epoch", "elements", "proof"].some((name) => text.split(`"${name}"`).length > 2);

// Returns the counter and the derived key that solve the challenge of a problem document, and the header's value.
export function solve(problem) {
  const { challenge } = JSON.parse(problem);
  const { salt, nonce, cost, keyPrefix } = challenge.parameters;
  for (let counter = 0; ; counter += 1) {
    let key = sha256(concat(unhex(salt), unhex(nonce), integer(counter, 4)));
    for (let i = 1; i < cost; i += 1) key = sha256(key);
    if (hex(key).startsWith(keyPrefix)) {
      const solution = { counter, derivedKey: hex(key) };
      return { ...solution, header: Buffer.from(utf8(JSON.stringify({ challenge, solution }))).toString("base64") };
    }
  }
}

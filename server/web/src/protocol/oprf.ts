// The oblivious PRF of RFC 9497, mode VOPRF, ristretto255-SHA512 (SPEC.md section 3): blind, verify, unblind.
//
// noble's own `finalize` returns the RFC's hash only, where this protocol needs the element; so the verbs are
// written here on its group. Where the blind goes, the constant-time operations are used. Public values, which is
// all that a proof is about, take the faster ones.

import { concat, field, integer, chunksOf, utf8 } from "./bytes.ts";
import { Failure, parseOrFail } from "./failure.ts";
import { expand_message_xmd, mulAddUnsafe, ristretto255, ristretto255_hasher, sha512 } from "./noble.ts";

const { Point } = ristretto255;
const { Fn } = Point;

/** Bits of a window of the tables that are made ahead: smaller than noble's own, since a page checks a few numbers. */
const WINDOW = 4;
Point.BASE.precompute(WINDOW);

export type Element = InstanceType<typeof Point>;

export const ELEMENT_BYTES = 32;
export const PROOF_BYTES = 64;

const CONTEXT_STRING = concat(utf8("OPRFV1-"), Uint8Array.of(1), utf8("-ristretto255-SHA512"));
const domainTag = (name: string): Uint8Array => concat(utf8(name), CONTEXT_STRING);
const [TO_GROUP, TO_SCALAR, SEED] = [domainTag("HashToGroup-"), domainTag("HashToScalar-"), domainTag("Seed-")] as const;

/** One input, hidden: `blind` (a scalar, secret) times its element. Used once. */
export interface Blinded {
  blind: bigint;
  element: Element;
  /** The element's 32 bytes: what is sent. */
  bytes: Uint8Array;
}

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

const hashToGroup = (input: Uint8Array): Element => ristretto255_hasher.hashToCurve(input, { DST: TO_GROUP });

const hashToScalar = (message: Uint8Array): bigint =>
  Fn.create(littleEndian(expand_message_xmd(message, TO_SCALAR, 64, sha512)));

/** A uniform scalar of 1 to l - 1: 512 random bits leave no bias that counts. */
function randomScalar(): bigint {
  const scalar = Fn.create(littleEndian(crypto.getRandomValues(new Uint8Array(64))));
  return scalar === 0n ? randomScalar() : scalar;
}

/** Hide an input under a fresh random blind. */
export function blind(input: Uint8Array): Blinded {
  return blindWith(input, randomScalar());
}

/** Hide an input under a given blind: for the published vectors, whose blinds are fixed. */
export function blindWith(input: Uint8Array, scalar: bigint): Blinded {
  const element = hashToGroup(input).multiply(scalar);
  return { blind: scalar, element, bytes: element.toBytes() };
}

/** An element from its 32 bytes; neither another spelling nor the identity is one. Failure `bad_proof`. */
function decode(bytes: Uint8Array): Element {
  const element = parseOrFail("bad_proof", () => Point.fromBytes(bytes));
  if (element.is0()) throw new Failure("bad_proof", "the identity");
  return element;
}

function decodeScalar(bytes: Uint8Array): bigint {
  const scalar = littleEndian(bytes);
  if (scalar >= Fn.ORDER) throw new Failure("bad_proof", "not a canonical scalar");
  return scalar;
}

/** An epoch's public key, with what is worth computing ahead of the first proof under it. */
export class PublicKey {
  private readonly point: Element;
  private readonly seed: Uint8Array;

  /** `bytes`: the key's 32 bytes, from the manifest. */
  constructor(private readonly bytes: Uint8Array) {
    this.point = decode(bytes);
    this.seed = sha512(concat(field(bytes), field(SEED)));
  }

  /** Make the tables for multiples of the key and the generator, before anyone waits. */
  prepare(): void {
    this.point.precompute(WINDOW, false);
    Point.BASE.multiplyUnsafe(Fn.ORDER - 1n);
  }

  /**
   * The evaluated elements (n x 32 bytes) of a batch, once the proof (64 bytes: c, s) shows that they were made with
   * this key: RFC 9497 section 2.2.2. Failure `bad_proof`.
   */
  verify(blinded: readonly Blinded[], evaluated: Uint8Array, proof: Uint8Array): Element[] {
    const encoded = chunksOf(evaluated, ELEMENT_BYTES);
    const elements = encoded.map(decode);
    const [c, s] = [decodeScalar(proof.subarray(0, 32)), decodeScalar(proof.subarray(32))];
    const weights = blinded.map(({ bytes }, i) => this.weight(i, bytes, encoded[i]!));
    const m = mulAddUnsafe(Point, blinded.map(({ element }) => element), weights);
    const z = mulAddUnsafe(Point, elements, weights);
    const t2 = Point.BASE.multiplyUnsafe(s).add(this.point.multiplyUnsafe(c));
    const t3 = mulAddUnsafe(Point, [m, z], [s, c]);
    const transcript = [this.bytes, ...[m, z, t2, t3].map((point) => point.toBytes())];
    const challenge = hashToScalar(concat(...transcript.map(field), utf8("Challenge")));
    if (challenge !== c) throw new Failure("bad_proof");
    return elements;
  }

  /** `d_i`, by which each pair of a batch enters the one proof. */
  private weight(i: number, blinded: Uint8Array, evaluated: Uint8Array): bigint {
    const pair = concat(field(blinded), field(evaluated));
    return hashToScalar(concat(field(this.seed), integer(i, 2), pair, utf8("Composite")));
  }
}

/** The element of the input itself: `blind^-1` times its evaluation, 32 bytes. */
export function unblind(blindScalar: bigint, evaluated: Element): Uint8Array {
  // Fermat's inverse: the exponent is public, so its course does not hang on the blind as Euclid's does.
  return evaluated.multiply(Fn.pow(blindScalar, Fn.ORDER - 2n)).toBytes();
}


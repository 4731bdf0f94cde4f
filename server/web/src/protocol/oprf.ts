// The oblivious PRF of RFC 9497, mode VOPRF, ristretto255-SHA512 (SPEC.md section 3): blind, verify, unblind.
//
// This protocol needs the unblinded element, but noble's own `finalize` returns only the RFC's hash of it. So the
// operations are implemented here on noble's group. Operations on the blind run in constant time. The verification of a
// proof handles public values only, so it uses the faster operations with variable time.

import { concat, field, integer, chunksOf, utf8 } from "./bytes.ts";
import { Failure, parseOrFail } from "./failure.ts";
import { expand_message_xmd, mulAddUnsafe, ristretto255, ristretto255_hasher, sha512 } from "./noble.ts";

const { Point } = ristretto255;
const { Fn } = Point;

/** Window size of the precomputed tables, in bits. Smaller than noble's default, since a page checks few numbers. */
const WINDOW = 4;
Point.BASE.precompute(WINDOW);

export type Element = InstanceType<typeof Point>;

export const ELEMENT_BYTES = 32;
export const PROOF_BYTES = 64;

const CONTEXT_STRING = concat(utf8("OPRFV1-"), Uint8Array.of(1), utf8("-ristretto255-SHA512"));
const domainTag = (name: string): Uint8Array => concat(utf8(name), CONTEXT_STRING);
const [TO_GROUP, TO_SCALAR, SEED] = [
  domainTag("HashToGroup-"),
  domainTag("HashToScalar-"),
  domainTag("Seed-"),
] as const;

/** A blinded input: the secret scalar `blind` times the element of the input. Used once. */
export interface Blinded {
  blind: bigint;
  element: Element;
  /** The element's 32 bytes, which are sent. */
  bytes: Uint8Array;
}

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

const hashToGroup = (input: Uint8Array): Element => ristretto255_hasher.hashToCurve(input, { DST: TO_GROUP });

const hashToScalar = (message: Uint8Array): bigint =>
  Fn.create(littleEndian(expand_message_xmd(message, TO_SCALAR, 64, sha512)));

/** A uniform random scalar from 1 to l - 1. Reducing 512 random bits leaves a negligible bias. */
function randomScalar(): bigint {
  const scalar = Fn.create(littleEndian(crypto.getRandomValues(new Uint8Array(64))));
  return scalar === 0n ? randomScalar() : scalar;
}

/** Blind an input with a fresh random scalar. */
export function blind(input: Uint8Array): Blinded {
  return blindWith(input, randomScalar());
}

/** Blind an input with a given scalar. For the published test vectors, which fix the blinds. */
export function blindWith(input: Uint8Array, scalar: bigint): Blinded {
  const element = hashToGroup(input).multiply(scalar);
  return { blind: scalar, element, bytes: element.toBytes() };
}

/** Decode an element. Throws a Failure `bad_proof` for the identity and for bytes that are not a canonical element. */
function decode(bytes: Uint8Array): Element {
  const element = parseOrFail("bad_proof", () => Point.fromBytes(bytes));
  if (element.is0()) throw new Failure("bad_proof", "the element is the identity");
  return element;
}

function decodeScalar(bytes: Uint8Array): bigint {
  const scalar = littleEndian(bytes);
  if (scalar >= Fn.ORDER) throw new Failure("bad_proof", "not a canonical scalar");
  return scalar;
}

/** The public key of an epoch, with the values that all proofs under it share. */
export class PublicKey {
  private readonly point: Element;
  private readonly seed: Uint8Array;

  /** @param bytes the 32 bytes of the key, from the manifest */
  constructor(private readonly bytes: Uint8Array) {
    this.point = decode(bytes);
    this.seed = sha512(concat(field(bytes), field(SEED)));
  }

  /** Compute the tables for multiples of the key and the generator, so that the first check does not wait for them. */
  prepare(): void {
    this.point.precompute(WINDOW, false);
    Point.BASE.multiplyUnsafe(Fn.ORDER - 1n);
  }

  /**
   * Verify the proof for a batch (RFC 9497 section 2.2.2).
   *
   * @param blinded the blinded inputs that were sent
   * @param evaluated the evaluated elements, 32 bytes each
   * @param proof the scalars c and s, 64 bytes
   * @returns the evaluated elements
   * @throws Failure `bad_proof` when they were not evaluated with this key
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

  /** The coefficient `d_i` of one pair of elements in the proof for the whole batch. */
  private weight(i: number, blinded: Uint8Array, evaluated: Uint8Array): bigint {
    const pair = concat(field(blinded), field(evaluated));
    return hashToScalar(concat(field(this.seed), integer(i, 2), pair, utf8("Composite")));
  }
}

/** Remove the blind: `blind^-1` times the evaluated element, 32 bytes. */
export function unblind(blindScalar: bigint, evaluated: Element): Uint8Array {
  // The inverse by Fermat's little theorem: the exponent is public, so the running time does not depend on the blind,
  // as it does with Euclid's algorithm.
  return evaluated.multiply(Fn.pow(blindScalar, Fn.ORDER - 2n)).toBytes();
}


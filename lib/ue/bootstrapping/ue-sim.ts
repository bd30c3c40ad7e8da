import { autsOf, readChallenge } from '../../gba/aka.ts';
import { octetsOfSqn, type SimKeys } from '../../gba/milenage.ts';
import type { SecretKey } from '../../keys/secret-key.ts';

/** What a USIM answers to RAND and AUTN. */
export type SimAnswer =
  /** RES of 8 octets, and Ks = CK ‖ IK of 32. */
  | { readonly kind: 'authenticated'; readonly res: SecretKey; readonly ks: SecretKey }
  /** SQN is out of range: AUTS has 14 octets. */
  | { readonly kind: 'out-of-range'; readonly auts: Uint8Array }
  /** The MAC is wrong: the challenge is not from the home network. */
  | { readonly kind: 'foreign' };

/**
 * The parameters of annex C.3.1 of TS 33.102: SQN = SEQ ‖ IND with IND of 5 bits, and the largest jump of
 * SEQ. From memory [M-hi], docs/conformance.md.
 */
const INDICES = 32;
const MAX_JUMP = 2 ** 28;

/**
 * A USIM with Milenage. It accepts an SQN whose SEQ is higher than the last one of the same IND, and not more
 * than 2^28 higher than the highest of all (TS 33.102 annex C.2): challenges may overtake each other, and
 * none is accepted twice.
 */
export class UeSim {
  readonly #keys: SimKeys;
  /** The last accepted SEQ of each IND. */
  readonly #last: number[];
  #highest: number;

  /**
   * @param sqn the highest SQN that was accepted so far
   * @throws GbaError `bad-length`, `bad-sqn`
   */
  constructor({ k, opc, sqn = 0 }: SimKeys & { readonly sqn?: number }) {
    octetsOfSqn(sqn);
    this.#keys = { k, opc };
    this.#last = new Array<number>(INDICES).fill(seqOf(sqn));
    this.#highest = sqn;
  }

  /** The highest SQN that was accepted, SQN_MS. */
  get sqn(): number {
    return this.#highest;
  }

  /** @throws GbaError `bad-length` unless `rand` and `autn` have 16 octets each */
  answer(rand: Uint8Array, autn: Uint8Array): SimAnswer {
    const challenge = readChallenge(this.#keys, rand, autn);
    if (challenge === undefined) return { kind: 'foreign' };
    const { sqn, res, ks } = challenge;
    if (!this.#isInRange(sqn)) return { kind: 'out-of-range', auts: autsOf(this.#keys, rand, this.#highest) };
    this.#last[sqn % INDICES] = seqOf(sqn);
    this.#highest = Math.max(this.#highest, sqn);
    return { kind: 'authenticated', res, ks };
  }

  #isInRange(sqn: number): boolean {
    const isFresh = seqOf(sqn) > (this.#last[sqn % INDICES] ?? 0);
    return isFresh && seqOf(sqn) - seqOf(this.#highest) <= MAX_JUMP;
  }
}

function seqOf(sqn: number): number {
  return Math.floor(sqn / INDICES);
}

/** The SQN that a network uses after another one: SEQ and IND go up by one each (TS 33.102 annex C.1). */
export function nextSqn(sqn: number): number {
  return (seqOf(sqn) + 1) * INDICES + ((sqn + 1) % INDICES);
}

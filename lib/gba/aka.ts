import { timingSafeEqual } from 'node:crypto';
import { SecretKey } from '../keys/secret-key.ts';
import { GbaError } from './errors.ts';
import { type MacInput, Milenage, octetsOfSqn, type SimKeys, xor } from './milenage.ts';

/** Octets of AUTN (TS 33.102 §6.3.2) and of AUTS (§6.3.3). */
export const AUTN_LENGTH = 16;
export const AUTS_LENGTH = 14;

/** AMF in the MAC of AUTS: zeros, so that nobody has to send it (TS 33.102 §6.3.3). */
const AMF_OF_AUTS = new Uint8Array(2);

/** A quintet without its single keys: Ks = CK ‖ IK has 32 octets (TS 33.220 §4.5.2), XRES 8. */
export interface AuthenticationVector {
  readonly rand: Uint8Array;
  readonly autn: Uint8Array;
  readonly xres: SecretKey;
  readonly ks: SecretKey;
}

// @clause TS 33.102 §6.3.2 s3
// @clause TS 33.220 §4.5.2 s4
/** The network's side: the vector of an SQN (TS 33.102 §6.3.2). @throws GbaError `bad-length`, `bad-sqn` */
export function authenticationVectorOf(keys: SimKeys, input: MacInput): AuthenticationVector {
  const milenage = new Milenage(keys);
  const { rand, sqn, amf } = input;
  const concealed = xor(octetsOfSqn(sqn), milenage.f5(rand));
  const autn = Uint8Array.from([...concealed, ...amf, ...milenage.f1(input)]);
  return { rand, autn, xres: milenage.f2(rand), ks: ksOf(milenage, rand) };
}

/** What a USIM reads in an authentic AUTN, and what it answers. */
export interface AuthenticatedChallenge {
  readonly sqn: number;
  readonly amf: Uint8Array;
  readonly res: SecretKey;
  readonly ks: SecretKey;
}

// @clause TS 33.102 §6.3.3 s1
/**
 * The USIM's side: checks the MAC of AUTN (TS 33.102 §6.3.3), and not whether SQN is in range. Undefined when
 * the MAC is wrong: the challenge is not from the home network.
 * @throws GbaError `bad-length`
 */
export function readChallenge(
  keys: SimKeys,
  rand: Uint8Array,
  autn: Uint8Array,
): AuthenticatedChallenge | undefined {
  if (autn.length !== AUTN_LENGTH) throw new GbaError('bad-length', `AUTN has 16 octets, not ${autn.length}`);
  const milenage = new Milenage(keys);
  const sqn = sqnOf(xor(autn.subarray(0, 6), milenage.f5(rand)));
  const amf = autn.slice(6, 8);
  if (!timingSafeEqual(milenage.f1({ rand, sqn, amf }), autn.subarray(8))) return undefined;
  return { sqn, amf, res: milenage.f2(rand), ks: ksOf(milenage, rand) };
}

// @clause TS 33.102 §6.3.3 s2, s3
/** AUTS, by which a USIM tells its own SQN, 14 octets. @throws GbaError `bad-length`, `bad-sqn` */
export function autsOf(keys: SimKeys, rand: Uint8Array, sqn: number): Uint8Array {
  const milenage = new Milenage(keys);
  const macS = milenage.f1Star({ rand, sqn, amf: AMF_OF_AUTS });
  return Uint8Array.from([...xor(octetsOfSqn(sqn), milenage.f5Star(rand)), ...macS]);
}

// @clause TS 33.102 §6.3.5 s1, s2
/**
 * The SQN of a USIM in AUTS for a challenge (TS 33.102 §6.3.5); undefined when its MAC is wrong.
 * @throws GbaError `bad-length`
 */
export function sqnOfAuts(keys: SimKeys, rand: Uint8Array, auts: Uint8Array): number | undefined {
  if (auts.length !== AUTS_LENGTH) throw new GbaError('bad-length', `AUTS has 14 octets, not ${auts.length}`);
  const milenage = new Milenage(keys);
  const sqn = sqnOf(xor(auts.subarray(0, 6), milenage.f5Star(rand)));
  const macS = milenage.f1Star({ rand, sqn, amf: AMF_OF_AUTS });
  return timingSafeEqual(macS, auts.subarray(6)) ? sqn : undefined;
}

function ksOf(milenage: Milenage, rand: Uint8Array): SecretKey {
  const [ck, ik] = [milenage.f3(rand), milenage.f4(rand)];
  return new SecretKey(Buffer.concat([ck.exposeOctets(), ik.exposeOctets()]));
}

function sqnOf(octets: Uint8Array): number {
  return Buffer.from(octets).readUIntBE(0, 6);
}

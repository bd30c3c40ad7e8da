import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { randOfMsk } from '../keys/msk-rand.ts';
import type { MskValidity } from '../keys/msk-validity.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** An MSK that MTKs are sent under. */
export interface TrafficMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 octets. */
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  /** Of its MSK messages, 16 octets. */
  readonly rand: Uint8Array;
}

/** An MSK of the key store, with the RAND that its messages have. */
export function trafficMskOf(msk: Omit<TrafficMsk, 'rand'>): TrafficMsk {
  return { ...msk, rand: randOfMsk(msk.keyDomainId, msk.mskId, msk.msk) };
}

/** Tells MSKs apart, also two that have had the same ID. */
export function nameOfMsk({ keyDomainId, mskId, rand }: Omit<TrafficMsk, 'msk' | 'validity'>): string {
  return `${keyDomainId}/${formatMskId(mskId)}/${Buffer.from(rand).toString('hex')}`;
}

/** An MSK by its ID alone, as `KEYDOMAIN/MSKID`. */
export function idOfMsk({ keyDomainId, mskId }: Pick<TrafficMsk, 'keyDomainId' | 'mskId'>): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}

/** The number of an MTK under one MSK. An MTK that goes out under two MSKs has one under each. */
export interface MtkName {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 bits. */
  readonly mtkId: number;
}

/** An MTK for whoever encrypts, by the name that is to stand in packets. */
export interface TrafficKey extends MtkName {
  /** 16 octets: the SRTP master key. */
  readonly mtk: SecretKey;
  /** 14 octets: the SRTP master salt; undefined: of zeros. */
  readonly salt: SecretKey | undefined;
}

import type { SecretKey } from '../keys/secret-key.ts';
import { type Btid, parseBtid } from './btid.ts';
import { GbaError } from './errors.ts';
import { kdf } from './kdf.ts';

/** Function codes and labels of AKMA (TS 33.535 annexes A.2 to A.4). */
const K_AKMA = { fc: 0x80, p0: 'AKMA' } as const;
const A_TID = { fc: 0x81, p0: 'A-TID' } as const;
const FC_K_AF = 0x82;

/** What a primary authentication leaves at the UE and in the network: K_AUSF has 32 octets. */
export interface AkmaInput {
  readonly kAusf: SecretKey;
  /** The digits of an IMSI, or a NAI, without the prefix of its type (TS 33.501 annex A.7.0). */
  readonly supi: string;
}

// @clause TS 33.535 annex A.2 s1
/** K_AKMA, 32 octets (TS 33.535 annex A.2). @throws GbaError `bad-length` */
export function kAkmaOf({ kAusf, supi }: AkmaInput): SecretKey {
  checkLength('K_AUSF', kAusf);
  return kdf(kAusf, K_AKMA.fc, [K_AKMA.p0, supi]);
}

/**
 * The A-KID of a UE (TS 33.535 §6.1): Routing Indicator and A-TID @ home network. A-TID has 32 octets (annex
 * A.3). That it stands in Base64url is derived [D], docs/conformance.md.
 * @throws GbaError `bad-length`, `bad-a-kid`
 */
export function akidOf({
  kAusf,
  supi,
  routingIndicator,
  homeNetwork,
}: AkmaInput & {
  /** 1 to 4 digits (TS 23.003 §2.2B). */
  readonly routingIndicator: string;
  /** A domain, such as `5gc.mnc001.mcc001.3gppnetwork.org`. */
  readonly homeNetwork: string;
}): Btid {
  checkLength('K_AUSF', kAusf);
  if (!/^\d{1,4}$/.test(routingIndicator))
    throw new GbaError('bad-a-kid', 'a Routing Indicator has 1 to 4 digits');
  const atid = kdf(kAusf, A_TID.fc, [A_TID.p0, supi]);
  return parseBtid(
    `${routingIndicator}${Buffer.from(atid.exposeOctets()).toString('base64url')}@${homeNetwork}`,
  );
}

// @clause TS 33.535 annex A.4 s1
/**
 * K_AF, 32 octets (TS 33.535 annex A.4); `afId` is the FQDN of the AF and the Ua* security protocol
 * identifier, as in a NAF_Id.
 * @throws GbaError `bad-length`
 */
export function kAfOf(kAkma: SecretKey, afId: Uint8Array): SecretKey {
  checkLength('K_AKMA', kAkma);
  return kdf(kAkma, FC_K_AF, [afId]);
}

function checkLength(name: string, { length }: SecretKey): void {
  if (length !== 32) throw new GbaError('bad-length', `${name} has 32 octets, not ${length}`);
}

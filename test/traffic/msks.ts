import { randomBytes } from 'node:crypto';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { type TrafficMsk, trafficMskOf } from '../../lib/traffic/traffic-key.ts';

export const DOMAIN = parseKeyDomainId('00f110');

/** An MSK of Key Group 1 with random octets. */
export function aMsk(keyNumber: number, validity = FULL_VALIDITY): TrafficMsk {
  const mskId = { keyGroup: 1, keyNumber };
  return trafficMskOf({ keyDomainId: DOMAIN, mskId, msk: new SecretKey(randomBytes(16)), validity });
}

/** A new MTK, with a salt where `saltLength` is above 0. */
export function newMtk(saltLength = 14) {
  return {
    mtk: new SecretKey(randomBytes(16)),
    salt: saltLength === 0 ? undefined : new SecretKey(randomBytes(saltLength)),
  };
}

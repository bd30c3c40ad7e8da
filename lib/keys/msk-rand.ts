import { createHmac } from 'node:crypto';
import { type KeyDomainId, keyDomainIdOctets } from './key-domain-id.ts';
import { type MskId, mskIdOctets } from './msk-id.ts';
import type { SecretKey } from './secret-key.ts';

/** Length of a RAND in octets. */
const RAND_LENGTH = 16;

const LABEL = Buffer.from('RAND of an MSK message');

/**
 * The RAND that the messages of one MSK carry to all UEs, 16 octets. An MTK message is for all of them, has
 * no RAND of its own, and takes that of the MSK message, so it must be one and the same (derived,
 * docs/conformance.md). It follows from the MSK: whoever holds the MSK has it without a store, and another
 * MSK has another one also where its ID is the same. It is sent in clear and says nothing of the MSK.
 */
export function randOfMsk(keyDomainId: KeyDomainId, mskId: MskId, msk: SecretKey): Uint8Array {
  const digest = createHmac('sha256', msk.exposeKeyObject())
    .update(LABEL)
    .update(keyDomainIdOctets(keyDomainId))
    .update(mskIdOctets(mskId))
    .digest();
  return Uint8Array.from(digest.subarray(0, RAND_LENGTH));
}

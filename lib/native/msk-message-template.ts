import { SecretKey } from '../keys/secret-key.ts';
import { ENCR_ALG, MAC_LENGTH } from '../mikey/constants.ts';
import { decodeMikeyMessage } from '../mikey/message/mikey-message.ts';
import { encodeMskMessage } from '../mikey/message/msk.ts';
import type { MskPush } from '../mikey/message/msk-batch.ts';

/** Octets of the MUK and the RAND that batches are made for; others are legal, but nobody has them. */
export const MUK_LENGTH = 32;
export const RAND_LENGTH = 16;

/**
 * What all messages of a push have in common, cut where they differ:
 * prefix ‖ length of IDr (2) ‖ IDr ‖ suffix ‖ key data ‖ MAC alg (1) ‖ MAC (20).
 */
export interface Template {
  /** With zeros for CSB ID (at octet 4), counter and RAND. */
  readonly prefix: Uint8Array;
  readonly counterAt: number;
  readonly randAt: number;
  readonly suffix: Uint8Array;
  /** In clear; as octets of a key it is not to be kept. */
  readonly keyData: Uint8Array;
  readonly isEncrypted: boolean;
}

/**
 * The template of a push, from a message that `encodeMskMessage` makes for nobody.
 * @throws MikeyError `bad-value`
 */
export function templateOf(push: MskPush): Template {
  const message = encodeMskMessage({ ...push, ...NOBODY, encryption: 'NULL' });
  // Whatever is streamed, the key data is as long, and a receiver's rules for policies do not matter here.
  const download = encodeMskMessage({ ...push, ...NOBODY, ...DOWNLOAD, encryption: 'NULL' });
  const keyDataLength = decodeMikeyMessage(download).kemac?.encrData.length ?? 0;
  const keyDataAt = message.length - MAC_LENGTH['HMAC-SHA-1-160'] - 1 - keyDataLength;
  const { csIdMap, bmscId, encryption = 'AES-CM-128' } = push;
  // HDR (10, 9 for each stream), T (6), RAND (18), IDi (4 and the ID), next payload and type of IDr (2).
  const headerLength = 10 + (csIdMap?.kind === 'srtp-id' ? 9 * csIdMap.streams.length : 0);
  const idAt = headerLength + 6 + 2 + RAND_LENGTH + 4 + bmscId.length + 2;
  const suffix = message.slice(idAt + 2, keyDataAt);
  // Encr alg stands before the length of the key data.
  suffix[suffix.length - 3] = ENCR_ALG[encryption];
  return {
    prefix: message.slice(0, idAt),
    counterAt: headerLength + 2,
    randAt: headerLength + 6 + 2,
    suffix,
    keyData: message.slice(keyDataAt, keyDataAt + keyDataLength),
    isEncrypted: encryption === 'AES-CM-128',
  };
}

const DOWNLOAD = { csIdMap: { kind: 'empty' }, securityPolicies: [] } as const;

const NOBODY = {
  muk: new SecretKey(new Uint8Array(MUK_LENGTH)),
  rand: new Uint8Array(RAND_LENGTH),
  csbId: 0,
  counter: 0,
  ueId: new Uint8Array(0),
} as const;

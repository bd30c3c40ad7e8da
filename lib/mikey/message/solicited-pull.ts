import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, isCurrentMskId } from '../../keys/msk-id.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { DATA_TYPE } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import { keyIdExtension } from '../payload/ext.ts';
import type { MikeyMessage } from './mikey-message.ts';
import { addressed, type MukAddressing, randOf } from './msk.ts';
import { protect, unprotect } from './protection.ts';

/** A Key Group whose current MSK the UE must request. */
export interface SolicitedPull {
  readonly keyDomainId: KeyDomainId;
  readonly keyGroup: number;
}

/**
 * Encodes the solicited pull (TS 33.246 §6.3.2.2.4): the Key Number of the MSK ID is 0x0, the V-bit is not
 * set, and KEMAC has an Encr data len of zero, so it carries only the MAC.
 * @clause TS 33.246 §6.3.2.2.4 s3, s5, s7, s8
 * @throws MikeyError `bad-value`
 */
export function encodeSolicitedPullMessage(input: MukAddressing & SolicitedPull): Uint8Array {
  const mskId = { keyGroup: input.keyGroup, keyNumber: CURRENT_KEY_NUMBER };
  const payloads = {
    ...addressed(input, false),
    extensions: [keyIdExtension({ keyDomainId: input.keyDomainId, mskId })],
  };
  return protect(payloads, input.muk, input.rand, [], 'NULL');
}

/** Whether a message has the form of a solicited pull; does not check its MAC. */
export function isSolicitedPull({ header, kemac, keyIds }: MikeyMessage): boolean {
  const { mskId, mtkId } = keyIds;
  return (
    header.dataType === DATA_TYPE.PSK &&
    kemac?.encrData.length === 0 &&
    mtkId === undefined &&
    mskId !== undefined &&
    isCurrentMskId(mskId)
  );
}

/** Checks a solicited pull with the MUK. @throws MikeyError `auth-failure` above all */
export function openSolicitedPullMessage(message: MikeyMessage, muk: SecretKey): SolicitedPull {
  unprotect(message, muk, randOf(message));
  const { keyDomainId, mskId } = message.keyIds;
  if (!isSolicitedPull(message) || keyDomainId === undefined || mskId === undefined) {
    throw new MikeyError('missing-payload', { field: 'EXT of a solicited pull' });
  }
  if (message.header.verificationRequested)
    throw new MikeyError('bad-value', { field: 'V-bit of a solicited pull' });
  return { keyDomainId, keyGroup: mskId.keyGroup };
}

// Compiled against the declarations of the package alone: each line marked so must be an error.
import { EVENT_DATA, type EventInput, newEvent } from 'bmsc-key-management/events';
import { btidOf, nafId } from 'bmsc-key-management/gba';
import { type DigestChallenge, parseAuthorization } from 'bmsc-key-management/http-digest';
import { parseKeyDomainId, parseMskId, SecretKey } from 'bmsc-key-management/keys';
import { encodeMskMessage, type MskMessageInput } from 'bmsc-key-management/mikey';
import { startUe, type UeOptions } from 'bmsc-key-management/ue';

const input: MskMessageInput = {
  muk: new SecretKey(new Uint8Array(32)),
  csbId: 1,
  rand: new Uint8Array(16),
  counter: 1,
  bmscId: nafId('bmsc.home1.net'),
  ueId: Buffer.from(btidOf({ rand: new Uint8Array(16), bsfName: 'bsf.home1.net' })),
  keyDomainId: parseKeyDomainId('00f110'),
  mskId: parseMskId('00010002'),
  msk: new SecretKey(new Uint8Array(16)),
  validity: { seql: 0, sequ: 1 },
  verificationRequested: true,
};
const message: Uint8Array = encodeMskMessage(input);
// @ts-expect-error octets are no key
encodeMskMessage({ ...input, muk: new Uint8Array(32) });

const push: EventInput<'Push MSK'> = {
  keyDomainId: '00f110',
  mskId: '00100001',
  target: { allHolders: true },
};
const event = newEvent('Push MSK', push, { eventId: 'e-1', now: 0 });
// @ts-expect-error an MSK ID is text on the bus
newEvent('Push MSK', { ...push, mskId: 1 }, { eventId: 'e-1', now: 0 });
// @ts-expect-error no event is called so
EVENT_DATA['Push Key'];

export type Parts = [DigestChallenge, ReturnType<typeof parseAuthorization>, UeOptions];
export const used = [message, event, startUe, parseAuthorization];

import { nafId } from '../../../lib/gba/naf-id.ts';
import { keyDomainIdOfPlmn } from '../../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeMskMessage,
  encodeMtkMessage,
  encodeSolicitedPullMessage,
  type MukAddressing,
} from '../../../lib/mikey/index.ts';
import type { UeDatagram, UeRequest, UeUnderTest } from './subject.ts';

/** The Key Group of the MSKs that the test sends: it is protected by nothing and of no use. */
const DOMAIN = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
export const KEY_GROUP = 0x00fe;
const MSK_ID = { keyGroup: KEY_GROUP, keyNumber: 1 };
const MSK_LENGTH = 16;
const MTK_LENGTH = 16;
const RAND_LENGTH = 16;
const CSB_ID_LENGTH = 4;

/** What a test changes about a message. */
export interface MessageChanges {
  readonly verificationRequested?: boolean;
  readonly counter?: number;
  readonly ueId?: Uint8Array;
  readonly hasWrongMac?: boolean;
}

/** An MSK of no use that was sent, and how it was addressed. */
export interface SentMsk extends MukAddressing {
  readonly msk: SecretKey;
}

/** Sends an MSK of no use. */
export async function sendMsk(ue: UeUnderTest, changes: MessageChanges = {}): Promise<SentMsk> {
  const addressing = addressingOf(ue, changes);
  const msk = new SecretKey(ue.target.randomOctets(MSK_LENGTH));
  const octets = encodeMskMessage({
    ...addressing,
    keyDomainId: DOMAIN,
    mskId: MSK_ID,
    msk,
    validity: FULL_VALIDITY,
    verificationRequested: changes.verificationRequested ?? true,
  });
  await send(ue, octets, changes);
  return { ...addressing, msk };
}

/** Sends an MTK under an MSK that the UE was sent. */
export async function sendMtk(
  ue: UeUnderTest,
  { msk, rand }: SentMsk,
  changes: { readonly mtkId: number; readonly hasWrongMac?: boolean },
): Promise<void> {
  const { randomOctets } = ue.target;
  const octets = encodeMtkMessage({
    ...{ msk, rand, keyDomainId: DOMAIN, mskId: MSK_ID, mtkId: changes.mtkId, counter: changes.mtkId },
    csbId: Buffer.from(rand).readUInt32BE(),
    mtk: new SecretKey(randomOctets(MTK_LENGTH)),
  });
  await send(ue, octets, changes);
}

/** Solicits a pull of the current MSK of the Key Group. */
export async function sendPull(ue: UeUnderTest, changes: MessageChanges = {}): Promise<void> {
  const addressing = addressingOf(ue, changes);
  const octets = encodeSolicitedPullMessage({ ...addressing, keyDomainId: DOMAIN, keyGroup: KEY_GROUP });
  await send(ue, octets, changes);
}

async function send(ue: UeUnderTest, octets: Uint8Array, { hasWrongMac }: MessageChanges): Promise<void> {
  if (hasWrongMac === true) octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
  await ue.send(octets, decodeMikeyMessage(octets).kemac?.encrData);
}

function addressingOf(ue: UeUnderTest, { counter, ueId }: MessageChanges): MukAddressing {
  const { association, randomOctets } = ue.target;
  return {
    muk: association.muk,
    csbId: Buffer.from(randomOctets(CSB_ID_LENGTH)).readUInt32BE(),
    rand: randomOctets(RAND_LENGTH),
    counter: counter ?? ue.nextCounter(),
    bmscId: nafId(association.nafFqdn),
    ueId: ueId ?? Buffer.from(association.btid),
  };
}

/** The answer to a message, within the time that answers take. */
export function answerTo(ue: UeUnderTest, mark: number): Promise<UeDatagram | undefined> {
  return ue.next(ue.datagrams, mark, ue.target.answerMs);
}

/** What the UE sends within the time in which nothing should come. */
export function nothingAfter(ue: UeUnderTest, mark: number): Promise<UeDatagram | undefined> {
  return ue.next(ue.datagrams, mark, ue.target.quietMs);
}

/** The authenticated request that follows, of any procedure. */
export function requestAfter(ue: UeUnderTest, mark: number, ms: number): Promise<UeRequest | undefined> {
  return ue.next(ue.requests, mark, ms, ({ isRight }) => isRight);
}

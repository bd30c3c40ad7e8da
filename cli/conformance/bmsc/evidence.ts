import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import type { KeyIdentification } from '../../../lib/key-management/payload/msk-request.ts';
import { decodeMskResponse } from '../../../lib/key-management/payload/msk-request.ts';
import { decodeRegisterResponse } from '../../../lib/key-management/payload/register.ts';
import { CURRENT_KEY_NUMBER } from '../../../lib/keys/msk-id.ts';
import type { MikeyMessage } from '../../../lib/mikey/index.ts';
import type { KeyData } from '../../../lib/mikey/payload/key-data.ts';
import type { HttpAnswer } from '../../../lib/ue/http-post.ts';
import type { ReceivedMessage } from '../mikey-inbox.ts';
import { NotVisible, visible } from '../requirement.ts';
import type { BmscUnderTest, SignedExchange } from './subject.ts';

/** What several requirements look at: each is done once. */

/** The answer to a registration to the subscribed User Service, once what follows it has come. */
export function registration(bmsc: BmscUnderTest): Promise<SignedExchange & { msk?: ReceivedMessage }> {
  return bmsc.once('registration', async () => {
    const { services, times, options } = bmsc.profile;
    await bmsc.accepted();
    const { mark } = bmsc.inbox;
    const exchange = await bmsc.signed(bmsc.registration([services.subscribed]));
    const ms = options.mskAtRegistration ? times.delivery : times.quiet;
    const msk = exchange.answer.status === 200 ? await bmsc.inbox.next(mark, ms) : undefined;
    return msk === undefined ? exchange : { ...exchange, msk };
  });
}

/** The request for the current MSK of the granted Key Group, its answer, and the first message after it. */
export interface Delivery extends SignedExchange {
  readonly first: ReceivedMessage | undefined;
}

/** The first of two deliveries of the current MSK, to a UE that answers the V-bit. */
export function delivery(bmsc: BmscUnderTest): Promise<Delivery> {
  return bmsc.once('delivery', () => requestCurrent(bmsc));
}

/** The second one. */
export async function secondDelivery(bmsc: BmscUnderTest): Promise<Delivery> {
  await delivery(bmsc);
  return bmsc.once('second delivery', () => requestCurrent(bmsc));
}

async function requestCurrent(bmsc: BmscUnderTest): Promise<Delivery> {
  const { answer } = await registration(bmsc);
  if (answer.status !== 200) throw new NotVisible('the UE could not register');
  return requestMsk(bmsc, currentMsk(bmsc));
}

/** Asks for an MSK and waits for a message, however it looks. */
export async function requestMsk(bmsc: BmscUnderTest, key: KeyIdentification): Promise<Delivery> {
  await bmsc.inbox.settled();
  const { mark } = bmsc.inbox;
  const exchange = await bmsc.signed(bmsc.mskRequest([key]));
  const first =
    exchange.answer.status === 200 ? await bmsc.inbox.next(mark, bmsc.profile.times.delivery) : undefined;
  return { ...exchange, first };
}

/** The current MSK of the granted Key Group. */
export function currentMsk({ profile }: BmscUnderTest): KeyIdentification {
  const { keyDomainId, keyGroup } = profile.keys.granted;
  return { keyDomainId, mskId: { keyGroup, keyNumber: CURRENT_KEY_NUMBER } };
}

/** @throws NotVisible unless a request for the current MSK is granted and followed by a message */
export async function expectDelivery(bmsc: BmscUnderTest): Promise<void> {
  const { answer, first } = await delivery(bmsc);
  if (mskCode(bmsc, answer, currentMsk(bmsc)) !== 200) throw new NotVisible('no MSK request is granted');
  visible(first, 'no MIKEY message came');
}

/** The decoded message of a delivery. @throws NotVisible without one */
export async function deliveredMessage(
  bmsc: BmscUnderTest,
): Promise<ReceivedMessage & { message: MikeyMessage }> {
  const { first } = await delivery(bmsc);
  const received = visible(first, 'no MIKEY message came');
  const message = visible(received.message, `the message can't be decoded: ${received.fault}`);
  return { ...received, message };
}

/** The one key of a delivery, decrypted. @throws NotVisible */
export async function deliveredKey(bmsc: BmscUnderTest): Promise<{ key: KeyData; keys: readonly KeyData[] }> {
  const { keys = [] } = await deliveredMessage(bmsc);
  return { key: visible(keys[0], 'the MUK opens no key data'), keys };
}

/**
 * What comes after a request for an MSK that nobody answers, then a settled delivery: the V-bit of the last
 * one is answered, so that later requests are not taken for repeated ones.
 */
export function unanswered(bmsc: BmscUnderTest, answering: 'silent' | 'forge'): Promise<ReceivedMessage[]> {
  return bmsc.once(`${answering} delivery`, async () => {
    await secondDelivery(bmsc);
    const { mark } = bmsc.inbox;
    bmsc.inbox.answering = answering;
    try {
      const known = new Set(bmsc.inbox.messages.map(({ csbId }) => csbId));
      await requestMsk(bmsc, currentMsk(bmsc));
      const first = visible(
        await bmsc.inbox.next(mark, bmsc.profile.times.delivery, ({ csbId }) => !known.has(csbId)),
        'no new MIKEY message came',
      );
      const { repeat } = bmsc.profile.times;
      await bmsc.inbox.next(mark + 1, repeat, ({ csbId }) => csbId === first.csbId);
      return bmsc.inbox.messages.slice(mark).filter(({ csbId }) => csbId === first.csbId);
    } finally {
      bmsc.inbox.answering = 'verify';
      const last = bmsc.inbox.messages.at(-1);
      if (last?.keys !== undefined) await bmsc.inbox.answer(last);
      await bmsc.inbox.settled();
    }
  });
}

/** What comes after the tester's command that solicits a pull. @throws NotVisible without a command */
export function afterSoliciting(bmsc: BmscUnderTest): Promise<ReceivedMessage | undefined> {
  return bmsc.once('solicited pull', async () => {
    const solicit = visible(bmsc.target.stimuli.solicit, 'the profile has no command that solicits a pull');
    const { answer } = await registration(bmsc);
    if (answer.status !== 200) throw new NotVisible('the UE could not register');
    const { mark } = bmsc.inbox;
    bmsc.note('the command of the profile that solicits a pull');
    await solicit();
    return bmsc.inbox.next(mark, bmsc.profile.times.delivery);
  });
}

/** The solicited pull. @throws NotVisible unless one came that can be decoded */
export async function solicitedPull(
  bmsc: BmscUnderTest,
): Promise<ReceivedMessage & { message: MikeyMessage }> {
  const received = visible(
    await afterSoliciting(bmsc),
    'no message came after the command that solicits a pull',
  );
  const message = visible(received.message, `the message can't be decoded: ${received.fault}`);
  return { ...received, message };
}

/** The code of a User Service in an answer; an empty body says 200 for all. */
export function serviceCode(
  { payloadProfile }: BmscUnderTest,
  { status, body }: HttpAnswer,
  serviceId: string,
): number | undefined {
  if (status !== 200 || body.length === 0) return status;
  return decoded(() => decodeRegisterResponse(body, payloadProfile))?.find(
    (each) => each.serviceId === serviceId,
  )?.responseCode;
}

/** The code of an MSK in an answer; an empty body says 200 for all. */
export function mskCode(
  { payloadProfile }: BmscUnderTest,
  { status, body }: HttpAnswer,
  { mskId }: KeyIdentification,
): number | undefined {
  if (status !== 200 || body.length === 0) return status;
  const items = decoded(() => decodeMskResponse(body, payloadProfile));
  return items?.find(
    (each) => each.mskId.keyGroup === mskId.keyGroup && each.mskId.keyNumber === mskId.keyNumber,
  )?.responseCode;
}

function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}

/** Whether any message after a mark begins a delivery of an MSK of a Key Group. */
export function isDelivered(
  { inbox }: BmscUnderTest,
  mark: number,
  { keyDomainId, keyGroup }: { keyDomainId: string; keyGroup: number },
): boolean {
  return inbox.newDeliveries(mark).some(({ message }) => {
    const ids = message?.keyIds;
    return ids?.keyDomainId === keyDomainId && ids.mskId?.keyGroup === keyGroup;
  });
}

import type { Delivery } from '../../../lib/distribution/delivery/delivery.ts';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import type { SecretKey } from '../../../lib/keys/secret-key.ts';
import { decodeMikeyMessage, encodeVerificationMessage } from '../../../lib/mikey/index.ts';
import { messageOf } from '../../../lib/mikey/message/msk-batch.ts';
import type { PageOutcome } from '../../../lib/store/ledger/push-page.ts';
import { median } from './compare.ts';

/** CPU of the delivery for one verification message, from the datagram to the settled flight. */
export interface Verifying {
  readonly microseconds: number;
  /** What a forged one costs of it, by what is forged. */
  readonly forged: Readonly<Record<string, number>>;
}

/** Datagrams of one call of `recvmmsg`. */
const TOGETHER = 64;
const ROUNDS = 5;
const IDR_AT = 20;
const MAC_LENGTH = 20;

/** What a UE or an attacker makes of an answer. Each has the CSB ID of a UE that waits. */
const FORGED: Readonly<Record<string, (answer: Uint8Array) => Uint8Array>> = {
  MAC: (answer) => changed(answer, answer.length - 1),
  counter: (answer) => changed(answer, 12),
  IDr: (answer) => changed(answer, IDR_AT),
  cutOff: (answer) => answer.subarray(0, answer.length - 1),
  payloads: (answer) => changed(answer, 2),
  // Extensions that the MAC covers, up to the longest datagram that is taken.
  longest: (answer) => {
    const extension = new Uint8Array(1024 - answer.length);
    extension.set([9, 0, (extension.length - 4) >> 8, extension.length - 4]);
    const verification = answer.length - MAC_LENGTH - 2;
    const longer = Uint8Array.from([
      ...answer.subarray(0, verification),
      ...extension,
      ...answer.subarray(verification),
    ]);
    longer[16] = 21;
    return longer;
  },
};

function changed(octets: Uint8Array, at: number): Uint8Array {
  return octets.with(at, (octets[at] ?? 0) ^ 1);
}

/** Takes the messages that a delivery sends, and keeps what their UEs answer. */
export class AnsweringTransport {
  readonly answers: Uint8Array[] = [];
  readonly #muks: ReadonlyMap<string, SecretKey>;

  constructor(muks: ReadonlyMap<string, SecretKey>) {
    this.#muks = muks;
  }

  readonly sendBatch: DatagramTransport['sendBatch'] = async (batch, to) => {
    for (let index = 0; index < batch.count; index++) this.#answer(messageOf(batch, index));
    return to.map(() => undefined);
  };

  #answer(octets: Uint8Array): void {
    const { header, rand, timestamp, idi, idr } = decodeMikeyMessage(octets);
    const ueId = idr?.data ?? new Uint8Array();
    const muk = this.#muks.get(Buffer.from(ueId).toString());
    const { counter } = timestamp;
    if (muk === undefined || rand === undefined || counter === undefined || idi === undefined) return;
    const { csbId } = header;
    this.answers.push(encodeVerificationMessage({ muk, csbId, rand, counter, bmscId: idi.data, ueId }));
  }
}

/**
 * Gives a delivery forged answers, then the true ones, round by round; `next` makes a delivery whose messages
 * have been answered. The first rounds compile.
 * @throws Error when a UE is not verified
 */
export async function measureVerifying(
  next: () => Promise<{
    readonly delivery: Delivery;
    readonly answers: readonly Uint8Array[];
    readonly outcome: Promise<PageOutcome>;
  }>,
  cpuSeconds: () => number,
): Promise<Verifying> {
  const genuine: number[] = [];
  const forged = new Map<string, number[]>(Object.keys(FORGED).map((what) => [what, []]));
  for (let round = 0; round < ROUNDS; round++) {
    const { delivery, answers, outcome } = await next();
    const timeOf = (datagrams: readonly Uint8Array[]) => {
      const startedAt = cpuSeconds();
      for (let first = 0; first < datagrams.length; first += TOGETHER)
        delivery.receive(datagrams.slice(first, first + TOGETHER));
      return ((cpuSeconds() - startedAt) * 1e6) / datagrams.length;
    };
    for (const [what, forge] of Object.entries(FORGED)) forged.get(what)?.push(timeOf(answers.map(forge)));
    genuine.push(timeOf(answers));
    const { verified } = await outcome;
    if (verified.length !== answers.length) throw new Error('not all UEs were verified');
  }
  const microseconds = median(genuine);
  const ratios = [...forged].map(([what, timings]) => [
    what,
    Number((median(timings) / microseconds).toFixed(2)),
  ]);
  return { microseconds: Number(microseconds.toFixed(2)), forged: Object.fromEntries(ratios) };
}

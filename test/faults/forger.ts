import { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage, encodeVerificationMessage } from '../../lib/mikey/index.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SenderTap, UeTap } from './lossy-relay.ts';

/** Datagrams that a forger has observed, and sent by kind. */
export interface ForgerCounts {
  observed: number;
  forged: number;
  replayed: number;
  truncated: number;
  garbage: number;
}

/** Earlier verification messages that the forger keeps for replays. */
const KEPT = 4096;

/** Octets of the MAC at the end of a verification message. */
const MAC_LENGTH = 20;

/** Offset of the CSB ID in HDR. */
const CSB_ID_OFFSET = 4;

/**
 * Sends `rate` bad datagrams for each verification message that it observes. Before it: forged ones, with the
 * right CSB ID and another MAC, or with another CSB ID. After it: replays of it and of earlier ones, ones cut
 * off at any octet, and noise.
 */
export function createForger(rate: number, random: SeededRandom): { tap: SenderTap; counts: ForgerCounts } {
  const counts: ForgerCounts = { observed: 0, forged: 0, replayed: 0, truncated: 0, garbage: 0 };
  const kept: Uint8Array[] = [];

  const forged = (genuine: Uint8Array) => {
    counts.forged += 1;
    const octets = Uint8Array.from(genuine);
    const how = random.whole(4);
    if (how < 2) octets.set(random.octets(MAC_LENGTH), octets.length - MAC_LENGTH);
    else if (how === 2) octets.set(random.octets(4), CSB_ID_OFFSET);
    else {
      const position = random.whole(octets.length);
      octets[position] = (octets[position] ?? 0) ^ (1 << random.whole(8));
    }
    return octets;
  };
  const replayed = (genuine: Uint8Array) => {
    counts.replayed += 1;
    return random.happens(0.5) ? genuine : (kept[random.whole(kept.length)] ?? genuine);
  };
  const truncated = (genuine: Uint8Array) => {
    counts.truncated += 1;
    return genuine.subarray(0, random.whole(genuine.length));
  };
  const garbage = () => {
    counts.garbage += 1;
    return random.octets(1 + random.whole(1400));
  };

  return {
    counts,
    tap: (genuine, send, when) => {
      if (when === 'before') {
        counts.observed += 1;
        for (let each = 0; each < rate / 2; each++)
          send(each % 3 === 2 ? truncated(genuine) : forged(genuine));
        return;
      }
      for (let each = 0; each < rate / 2; each++) send(each % 5 === 4 ? garbage() : replayed(genuine));
      if (kept.length < KEPT) kept.push(Uint8Array.from(genuine));
      else kept[random.whole(KEPT)] = Uint8Array.from(genuine);
    },
  };
}

/**
 * Answers each MSK message to a UE that never answers: with the CSB ID, the counter and the IDr that the
 * message had on its way, and a MAC of another MUK or of zeros. Whoever accepts one believes that the UE
 * has its MSK.
 */
export function createForgerForSilentUes(
  random: SeededRandom,
  isForSilentUe: (datagram: Uint8Array) => boolean,
): { tap: UeTap; counts: { forgedForSilent: number } } {
  const counts = { forgedForSilent: 0 };
  const tap: UeTap = (datagram, send) => {
    if (!isForSilentUe(datagram)) return;
    const { header, timestamp, idr } = decodeMikeyMessage(datagram);
    const forged = encodeVerificationMessage({
      muk: new SecretKey(random.octets(32)),
      csbId: header.csbId,
      rand: random.octets(16),
      counter: timestamp.counter ?? 0,
      bmscId: random.octets(16),
      ueId: idr?.data ?? new Uint8Array(0),
    });
    const withoutMac = Uint8Array.from(forged).fill(0, forged.length - MAC_LENGTH);
    for (const each of [forged, withoutMac]) {
      counts.forgedForSilent += 1;
      send(each);
    }
  };
  return { counts, tap };
}

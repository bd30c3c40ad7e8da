import { randomBytes, randomUUID } from 'node:crypto';
import { newEvent } from '../../../lib/events/envelope.ts';
import { publishEvents } from '../../../lib/events/publish.ts';
import { formatMskId, mskId } from '../../../lib/keys/msk-id.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import type { BootstrappedKeys } from '../../../lib/store/association/association.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { atLeast } from '../audit.ts';
import { GROUP, type Harness } from '../harness.ts';
import { bootstrappedKeysOf } from '../identities.ts';
import { provisionUes } from '../provision.ts';
import { pause, type Scenario } from '../scenario.ts';

const SERVICE = 'urn:example:greedy';
const KEY_GROUPS = Array.from({ length: 30 }, (_, each) => ({ ...GROUP, keyGroup: 2 + each }));
const REQUESTS = 300;
const REQUEST_EVERY_MS = 20;

/** Honest UEs that request their MSK one after another. */
const HONEST = 40;
const HONEST_EVERY_MS = 150;
const GIVE_UP_MS = 60_000;

/**
 * Under attack, an honest UE waits at most so many times as long as otherwise, and this for the noise of
 * timers.
 */
const TIMES = 3;
const FLOOR_MS = 250;
const MAX_RSS_MIB = 400;

/** One UE lists 60 IDs in each of hundreds of requests, and never answers. */
export const greedyUe: Scenario = {
  name: 'greedy-ue',
  about: `one UE requests ${2 * KEY_GROUPS.length} MSKs ${REQUESTS} times in ${(REQUESTS * REQUEST_EVERY_MS) / 1000} s and never answers; ${HONEST} honest UEs request one each`,
  isLarge: true,
  run: async (harness) => {
    const sender = await harness.startSender();
    const greedy = await provisionGreedyUe(harness);
    const quiet = await latencies(harness, 0);
    let peak = 0;
    const sampling = setInterval(async () => {
      peak = Math.max(peak, await sender.rss().catch(() => 0));
    }, 100);
    const sentBefore = harness.relay.toUes.taken;
    const msks = KEY_GROUPS.flatMap(({ keyGroup }) => [mskId(keyGroup, 1), mskId(keyGroup, 1)]);
    const attack = (async () => {
      for (let each = 0; each < REQUESTS; each++) {
        void requestMsks(harness, greedy, msks.map(formatMskId)).catch(() => undefined);
        await pause(REQUEST_EVERY_MS);
      }
    })();
    const attacked = await latencies(harness, HONEST);
    await attack;
    clearInterval(sampling);
    const sent = harness.relay.toUes.taken - sentBefore;
    const [p99Quiet, p99Attacked] = [p99Of(quiet), p99Of(attacked)];
    const limit = TIMES * p99Quiet + FLOOR_MS;
    const check = (what: string, ok: boolean, found: number) => ({ what, ok, found: `${found}` });
    return {
      checks: [
        atLeast(
          2 * HONEST,
          'honest requests answered',
          [...quiet, ...attacked].filter((ms) => ms < GIVE_UP_MS).length,
        ),
        atLeast(KEY_GROUPS.length, 'messages to the greedy UE', sent - HONEST),
        check(`p99 under attack at most ${Math.round(limit)} ms`, p99Attacked <= limit, p99Attacked),
        check(
          `resident memory at most ${MAX_RSS_MIB} MiB`,
          peak > 0 && peak <= MAX_RSS_MIB,
          Math.round(peak),
        ),
        { what: 'the sender still runs', ok: sender.isRunning(), found: `${sender.isRunning()}` },
      ],
      figures: { p99Quiet, p99Attacked, rssMib: Math.round(peak), sent },
    };
  },
};

async function provisionGreedyUe(harness: Harness): Promise<BootstrappedKeys> {
  const { store } = harness.cloud;
  await putUserService(store, { serviceId: SERVICE, keyGroups: KEY_GROUPS });
  for (const group of KEY_GROUPS) {
    const validity = { seql: 0, sequ: 0xffff };
    await putMsk(store, group, { keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity });
  }
  const keys = bootstrappedKeysOf(
    harness.options.seed,
    harness.ues.count + 1_000_000,
    0,
    Date.now() - 3600_000,
  );
  const [ueAddress] = harness.relay.addresses;
  if (ueAddress === undefined) throw new Error('no relay');
  await provisionUes(
    store,
    SERVICE,
    1,
    () => ({ keys, ueAddress }),
    () => {},
  );
  return keys;
}

/**
 * From the event of the granted request to the MSK at the UE, in ms, of `HONEST` UEs from number `first`
 * on.
 */
async function latencies(harness: Harness, first: number): Promise<readonly number[]> {
  const id = await harness.newMsk();
  const waiting: Promise<number>[] = [];
  for (let each = 0; each < HONEST; each++) {
    waiting.push(latency(harness, (first + each) % harness.ues.count, id));
    await pause(HONEST_EVERY_MS);
  }
  return Promise.all(waiting);
}

async function latency(harness: Harness, index: number, id: string): Promise<number> {
  const begun = performance.now();
  await requestMsks(harness, harness.ues.keysOf(index), [id]);
  while (!harness.ues.heldBy(index).has(id) && performance.now() - begun < GIVE_UP_MS) await pause(5);
  return Math.round(performance.now() - begun);
}

/** What the Key Request function publishes when it has granted MSKs. */
async function requestMsks(
  { cloud }: Harness,
  { impi, btid }: BootstrappedKeys,
  ids: readonly string[],
): Promise<void> {
  const msks = ids.map((each) => ({ keyDomainId: GROUP.keyDomainId, mskId: each }));
  const about = { eventId: randomUUID(), now: Date.now() };
  await publishEvents(cloud.bus, [newEvent('MSK Request Granted', { impi, bTid: btid, msks }, about)]);
}

function p99Of(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
}

import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type DeployedBmsc, findBmsc } from '../../cli/stack.ts';
import type { EventInput } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { blockSubscriber } from '../../lib/store/registration/block.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type GroupSocket, openSender } from '../../lib/traffic/group-socket.ts';
import type { LocalSystem } from '../system.ts';
import { type Comparison, compareFrames, isGood, type Watching } from './comparison.ts';
import { droppedAtPort } from './dropped.ts';
import { type DemonstrationStream, STREAM_GROUP } from './stream.ts';
import { PICTURES_PER_SECOND, packetsOfFrame } from './test-picture.ts';
import { Viewer } from './viewer.ts';
import { Wire } from './wire.ts';

const GROUP = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: STREAM_GROUP };
/** How long a step may take, in ms. */
const STEP_MS = 60_000;
/** How long frames may be on their way when nothing moves any more, in ms. */
const SETTLE_MS = 5000;
/** How long before it is current the next MSK is made, if it is not made current before, in seconds. */
const LEAD_TIME_S = 120;
/** Frames under the next MSK that are compared: a second. */
const FRAMES_AFTER = PICTURES_PER_SECOND;

/**
 * Protected streaming, end to end: a test picture and a tone under MTKs under the MSK that came by MIKEY. One
 * UE plays through a change of the MTK and a rotation of the MSK; one is blocked before the rotation; one has
 * no MSK. Prints a line for each step with `say`.
 * @returns whether every frame came as it was sent to the first, until the rotation to the second, and none
 * to the third
 */
export async function demonstrateStream(
  system: LocalSystem,
  say: (line: string) => void,
  stream: DemonstrationStream,
): Promise<boolean> {
  const { stackName: stack, endpointUrl } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  const demonstration = new StreamDemonstration(system, bmsc, say, stream);
  try {
    return await demonstration.run();
  } finally {
    await demonstration.close();
  }
}

class StreamDemonstration {
  readonly #system: LocalSystem;
  readonly #bmsc: DeployedBmsc;
  readonly #say: (line: string) => void;
  readonly #stream: DemonstrationStream;
  readonly #open: { readonly close: () => Promise<void> }[] = [];
  /** The next frame that is sent. */
  #frame = 0;

  constructor(
    system: LocalSystem,
    bmsc: DeployedBmsc,
    say: (line: string) => void,
    stream: DemonstrationStream,
  ) {
    this.#system = system;
    this.#bmsc = bmsc;
    this.#say = say;
    this.#stream = stream;
  }

  async run(): Promise<boolean> {
    const { serviceId, mtks, srtp } = this.#stream;
    await putUserService(this.#bmsc.store, { serviceId, keyGroups: [GROUP] });
    const msk = { keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY };
    await putMsk(this.#bmsc.store, GROUP, msk, { replace: true });
    this.#say(`1 provision   User Service ${serviceId}, Key Group 0005, MSK 00050001`);
    const player = await this.#viewer('player');
    const leaver = await this.#viewer('leaver');
    const stranger = await this.#viewer('stranger');
    for (const { ue } of [player, leaver]) await ue.register([serviceId]);
    await until(() => [player, leaver].every(({ ue }) => ue.ring.list().length === 1), 'the MSK over MIKEY');
    this.#say('2 register    two UEs have the MSK by MIKEY; a third has none');
    await until(() => [player, leaver].every(({ mtks }) => mtks.size > 0), 'an MTK');
    const wire = await Wire.watch(this.#stream, this.#system.host.loopback);
    this.#open.push(wire);
    await this.#feed();
    await until(() => wire.mtks > 0, 'the first packet of SRTP');
    this.#say(`3 stream      MTK messages to ${mtks.address}:${mtks.port}, SRTP to port ${srtp.to.port}`);
    await until(() => wire.mtks > 1, 'a change of the MTK');
    this.#say(`4 new MTK     ${[...player.mtks].join(', ')} (Key Number/MTK ID): both play on`);
    await this.#rotate(player);
    await until(() => wire.hasPacketsUnder(2), 'packets under the next MSK');
    const rotatedAt = this.#frame;
    await until(() => this.#frame > rotatedAt + FRAMES_AFTER, 'frames after the rotation');
    const watching = { player, leaver, stranger, wire };
    return this.#report(await this.#compare(watching), watching);
  }

  async close(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.close();
  }

  /**
   * Blocks one UE's subscriber, and rotates. The next MSK becomes current when the UE that plays on has it
   * and an MTK under it, not after a fixed time: a busy machine would miss that.
   */
  async #rotate(player: Viewer): Promise<void> {
    await blockSubscriber(this.#bmsc.store, impiOf('leaver'), Date.now());
    // Senders look for blocked subscribers each second.
    await delay(2000);
    const { keyDomainId, keyGroup } = GROUP;
    const ref = { keyDomainId, keyGroup: formatKeyGroup(keyGroup) };
    await this.#publish('Rotate MSK', { ...ref, leadTimeSeconds: LEAD_TIME_S });
    await until(() => player.ue.ring.list().length === 2, 'the next MSK over MIKEY');
    await until(() => [...player.mtks].some((name) => name.startsWith('2/')), 'an MTK under the next MSK');
    const mskId = formatMskId({ keyGroup, keyNumber: 2 });
    await this.#publish('Activate MSK', { keyDomainId, mskId });
    this.#say('5 rotate      one subscriber is blocked; the other has the next MSK, which becomes current');
  }

  async #publish<T extends 'Rotate MSK' | 'Activate MSK'>(type: T, data: EventInput<T>): Promise<void> {
    const event = newEvent(type, data, { eventId: randomUUID(), now: Date.now() });
    await publishEvents(this.#bmsc.bus, [event]);
  }

  /** Compares when all is there, or nothing has come for a while. */
  async #compare(watching: Watching): Promise<Comparison> {
    const end = this.#frame;
    let [compared, changedAt] = [compareFrames(watching, end), Date.now()];
    while (!isGood(compared) && Date.now() - changedAt < SETTLE_MS) {
      await delay(100);
      const again = compareFrames(watching, end);
      if (again.played !== compared.played || again.unsent !== compared.unsent) changedAt = Date.now();
      compared = again;
    }
    return compared;
  }

  #report(compared: Comparison, { player, leaver, stranger, wire }: Watching): boolean {
    const { frames, unsent, played, missing, before, leaverBefore, leaverMissing, after, leaverAfter } =
      compared;
    const rest = (text: string) => this.#say(`              ${text}`);
    this.#say(
      `6 compare     ${played} of ${frames} frames as they were sent, through ${wire.mtks} MTKs and 2 MSKs`,
    );
    rest(`blocked UE: ${leaverBefore} of ${before} under its MSK, ${leaverAfter} of ${after} under the next`);
    rest(`UE without the MSK: ${stranger.packets} packets, ${stranger.noise} were noise`);
    if (unsent > 0) rest(`${unsent} frames were lost before they were protected`);
    if (missing.length > 0) rest(`frames that are missing: ${rangesOf(missing)}`);
    if (leaverMissing.length > 0) rest(`frames that the blocked UE misses: ${rangesOf(leaverMissing)}`);
    const unopened = [player, leaver].map((viewer) => JSON.stringify(viewer.unopened)).join(' and ');
    if (!isGood(compared)) rest(this.#droppedBySystem());
    if (!isGood(compared)) rest(`packets that did not open at the first and the blocked UE: ${unopened}`);
    if (player.late > 0) rest(`${player.late} packets came before their MTK, and waited for it`);
    this.#say(
      isGood(compared)
        ? '7 done        nothing was lost'
        : '7 FAILED      frames are missing, or too many came',
    );
    return isGood(compared);
  }

  /** A buffer that was full loses datagrams that both sides believe to be on their way. */
  #droppedBySystem(): string {
    const { mtks, srtp } = this.#stream;
    const at = { RTP: srtp.from.port, SRTP: srtp.to.port, 'MTK messages': mtks.port };
    const counts = Object.entries(at).map(([what, port]) => `${what} ${droppedAtPort(port) ?? 'unknown'}`);
    return `datagrams that the system dropped at full sockets (net.core.rmem_max): ${counts.join(', ')}`;
  }

  async #viewer(name: string): Promise<Viewer> {
    const { store } = this.#bmsc;
    const impi = impiOf(name);
    const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
    const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
    const bootstrappedAt = Date.now();
    const expiresAt = bootstrappedAt + 3_600_000;
    await putSubscription(store, impi, this.#stream.serviceId);
    await putAssociation(store, { btid, impi, gbaType: 'GBA_ME', ...keys, bootstrappedAt, expiresAt });
    const association = { btid, nafFqdn: this.#system.nafFqdn, ...keys };
    const viewer = await Viewer.start(this.#system, association, this.#stream);
    this.#open.push(viewer);
    return viewer;
  }

  /** Sends frames at their pace until the demonstration is closed. */
  async #feed(): Promise<void> {
    const { from } = this.#stream.srtp;
    const socket: GroupSocket = await openSender(from);
    const timer = setInterval(() => {
      for (const rtp of packetsOfFrame(this.#frame)) socket.send(rtp, from);
      this.#frame += 1;
    }, 1000 / PICTURES_PER_SECOND);
    this.#open.push({
      close: async () => {
        clearInterval(timer);
        await socket.close();
      },
    });
  }
}

function impiOf(name: string) {
  return parseImpi(`${name}@ims.mnc001.mcc001.3gppnetwork.org`);
}

/** Numbers as `3-5, 9`. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

async function until(condition: () => boolean, what: string, everyMs = 10): Promise<void> {
  const deadline = Date.now() + STEP_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${STEP_MS / 1000} s`);
    await delay(everyMs);
  }
}

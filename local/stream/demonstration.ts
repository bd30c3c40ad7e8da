import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type DeployedBmsc, findBmsc } from '../../cli/stack.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { blockSubscriber } from '../../lib/store/registration/block.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type GroupSocket, openSender } from '../../lib/traffic/group-socket.ts';
import type { LocalSystem } from '../system.ts';
import { type DemonstrationStream, LEAD_TIME_S, STREAM_GROUP } from './stream.ts';
import { PICTURES_PER_SECOND, packetsOfFrame } from './test-picture.ts';
import { Viewer } from './viewer.ts';

const GROUP = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: STREAM_GROUP };
/** How long a step may take, in ms. */
const STEP_MS = 30_000;
/** Frames on their way. */
const SETTLE_MS = 300;

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
    await this.#feed();
    await until(() => player.packets > 0 && leaver.packets > 0, 'the first frame');
    const first = this.#frame;
    this.#say(`3 stream      MTK messages to ${mtks.address}:${mtks.port}, SRTP to port ${srtp.to.port}`);
    await until(() => player.mtks.size >= 3, 'a change of the MTK');
    await delay(SETTLE_MS);
    this.#say(`4 new MTK     ${[...player.mtks].join(', ')} (Key Number/MTK ID): both play on`);
    const { blockedAt, rotatedAt } = await this.#rotate(player, leaver);
    await until(() => this.#frame > rotatedAt + PICTURES_PER_SECOND, 'frames after the rotation');
    await delay(SETTLE_MS);
    return this.#compare({ player, leaver, stranger }, first, blockedAt, rotatedAt);
  }

  async close(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.close();
  }

  /** Blocks one UE's subscriber, and rotates. @returns the frames at which it did, and was followed */
  async #rotate(player: Viewer, leaver: Viewer): Promise<{ blockedAt: number; rotatedAt: number }> {
    await blockSubscriber(this.#bmsc.store, impiOf('leaver'), Date.now());
    // Senders look for blocked subscribers each second.
    await delay(1200);
    const blockedAt = this.#frame;
    const data = {
      keyDomainId: GROUP.keyDomainId,
      keyGroup: formatKeyGroup(GROUP.keyGroup),
      leadTimeSeconds: LEAD_TIME_S,
    };
    await publishEvents(this.#bmsc.bus, [
      newEvent('Rotate MSK', data, { eventId: randomUUID(), now: Date.now() }),
    ]);
    await until(() => player.ue.ring.list().length === 2, 'the next MSK over MIKEY');
    this.#say(`5 rotate      one subscriber is blocked; the next MSK is pushed, current in ${LEAD_TIME_S} s`);
    let seen = -1;
    await until(
      () => {
        const stands = seen === leaver.packets;
        seen = leaver.packets;
        return stands;
      },
      'the end of what the blocked UE plays',
      1000,
    );
    return { blockedAt, rotatedAt: this.#frame };
  }

  #compare(
    { player, leaver, stranger }: Readonly<Record<'player' | 'leaver' | 'stranger', Viewer>>,
    first: number,
    blockedAt: number,
    rotatedAt: number,
  ): boolean {
    const end = this.#frame - PICTURES_PER_SECOND / 2;
    const played = player.framesBetween(first, Math.floor(end));
    const all = Math.floor(end) - first;
    const [until, after] = [
      leaver.framesBetween(first, blockedAt),
      leaver.framesBetween(rotatedAt, this.#frame),
    ];
    const isGood = played === all && until === blockedAt - first && after === 0 && stranger.packets === 0;
    this.#say(
      `6 compare     ${played} of ${all} frames as they were sent, through ${player.mtks.size} MTKs and 2 MSKs`,
    );
    this.#say(
      `              blocked UE: ${until} of ${blockedAt - first} until then, ${after} after the rotation`,
    );
    this.#say(`              UE without the MSK: ${stranger.packets} packets, ${stranger.noise} were noise`);
    this.#say(
      isGood ? '7 done        nothing was lost' : '7 FAILED      frames are missing, or too many came',
    );
    return isGood;
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

async function until(condition: () => boolean, what: string, everyMs = 10): Promise<void> {
  const deadline = Date.now() + STEP_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${STEP_MS / 1000} s`);
    await delay(everyMs);
  }
}

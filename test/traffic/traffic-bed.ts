import { randomBytes, randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import * as v from 'valibot';
import { type StreamInput, stream, trafficStreamOf } from '../../functions/traffic/streams.ts';
import { randOfMsk } from '../../lib/keys/msk-rand.ts';
import { FULL_VALIDITY, type MskValidity } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { type GroupSocket, openSender } from '../../lib/traffic/group-socket.ts';
import { type TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver, type ReceivedMikey } from '../../lib/ue/mikey-receiver.ts';
import { TrafficReceiver } from '../../lib/ue/traffic-receiver.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from './msks.ts';

export const SERVICE = 'urn:example:news';
export const LOOPBACK = '127.0.0.1';

/** A table, and senders, sources of RTP and UEs of one test, over real sockets on loopback. */
export class TrafficBed {
  readonly table: TestTable;
  readonly #open: { close: () => Promise<void> }[] = [];
  #groups = 0;

  private constructor(table: TestTable) {
    this.table = table;
  }

  static async begin(): Promise<TrafficBed> {
    return new TrafficBed(await startTable());
  }

  /** The Key Group of this test. */
  get ref(): KeyGroupRef {
    return { keyDomainId: DOMAIN, keyGroup: this.#groups };
  }

  /** Begins a test with a Key Group of its own. */
  async next(): Promise<void> {
    this.#groups += 1;
    await addServiceToKeyGroup(this.table, this.ref, SERVICE);
  }

  /** Ends a test. */
  async closeAll(): Promise<void> {
    for (const each of this.#open.splice(0)) await each.close();
  }

  /** Closes one part before the test ends. */
  async closeOne(part: { close: () => Promise<void> }): Promise<void> {
    this.#open.splice(this.#open.indexOf(part), 1);
    await part.close();
  }

  /** Closes a part when the test ends. */
  closeLater(part: { close: () => Promise<void> }): void {
    this.#open.push(part);
  }

  async put(keyNumber: number, validity: MskValidity = FULL_VALIDITY): Promise<SecretKey> {
    const msk = new SecretKey(randomBytes(16));
    await putMsk(this.table, this.ref, { keyNumber, msk, validity });
    return msk;
  }

  /** Starts a sender of MTKs and SRTP to a group, and a UE that holds MSKs by other means. */
  async start(changes: Partial<StreamInput> = {}, self = 'one') {
    const events: TrafficEvent[] = [];
    const [address, mtkPort, rtpPort] = [group(), aPort(), aPort()];
    const input: StreamInput = {
      serviceId: SERVICE,
      keyGroup: `00f110/${this.ref.keyGroup.toString(16).padStart(4, '0')}`,
      mtks: { address, port: mtkPort },
      srtp: { from: { address: LOOPBACK, port: rtpPort }, to: { address, port: mtkPort + 1 } },
      interface: LOOPBACK,
      repeatSeconds: 0.1,
      announceSeconds: 0.3,
      changeSeconds: 1,
      lookSeconds: 0.1,
      patienceSeconds: 0.5,
      ...changes,
    };
    const settings = trafficStreamOf(v.parse(stream, input));
    const asked: string[] = [];
    const bus = {
      eventBusName: 'bus',
      eventBridge: {
        send: async ({ input: { Entries } }: { input: { Entries: { DetailType: string }[] } }) => {
          asked.push(...Entries.map(({ DetailType }) => DetailType));
          return { Entries: Entries.map(() => ({ EventId: '1' })) };
        },
      },
    };
    const sender = await TrafficSender.open(settings, {
      store: this.table,
      // A bus that is a list: what is asked for is all that counts here.
      bus: bus as never,
      self,
      elapsed: () => performance.now(),
      randomOctets: (length) => randomBytes(length),
      onEvent: (event) => events.push(event),
    });
    this.#open.push(sender);
    return { sender, settings, input, events, asked, rtpPort: input.srtp?.from.port ?? rtpPort };
  }

  /** Starts a UE; what `isLost` says of an MTK message is lost on its way. */
  async startUe({ settings }: Sending, isLost: (octets: Uint8Array) => boolean = () => false, holdMs = 5000) {
    const ring = new KeyRing();
    const mikey = new MikeyReceiver(ring);
    const [played, kinds] = [[] as number[], [] as string[]];
    const receive = (octets: Uint8Array): ReceivedMikey => {
      if (isLost(octets)) return { kind: 'refused', reason: 'lost' };
      const message = mikey.receive(octets);
      kinds.push(message.kind);
      return message;
    };
    const receiver = await TrafficReceiver.open(
      { receive },
      {
        mtks: settings.mtks,
        srtp: settings.srtp?.to ?? settings.mtks,
        interface: settings.interface,
        mkiForm: settings.mkiForm,
        holdMs,
        onRtp: (rtp) => played.push(Buffer.from(rtp).readUInt16BE(2)),
      },
    );
    this.#open.push(receiver);
    const hold = (keyNumber: number, msk: SecretKey, validity = FULL_VALIDITY) => {
      const mskId = { keyGroup: this.ref.keyGroup, keyNumber };
      ring.put({ keyDomainId: DOMAIN, mskId, msk, validity, rand: randOfMsk(DOMAIN, mskId, msk) });
    };
    return { receiver, played, kinds, hold };
  }

  /** Sends RTP packets every few ms until it is stopped; returns how many. */
  async feed(port: number, address = LOOPBACK) {
    const to = { address, port };
    const socket: GroupSocket = await openSender(to);
    let sequence = 0;
    const timer = setInterval(() => {
      const rtp = Buffer.alloc(112, 0xab);
      rtp[0] = 0x80;
      rtp.writeUInt16BE(sequence++, 2);
      rtp.writeUInt32BE(0x1234, 8);
      socket.send(rtp, to);
    }, 5);
    this.#open.push({
      close: async () => {
        clearInterval(timer);
        await socket.close();
      },
    });
    return () => sequence;
  }
}

export type Sending = Awaited<ReturnType<TrafficBed['start']>>;

const aPort = () => randomInt(20_000, 30_000);
const group = () => `239.255.${randomInt(1, 250)}.${randomInt(1, 250)}`;
export const kindsOf = (events: readonly TrafficEvent[]) => events.map(({ kind }) => kind);
/** How many MTKs have been in use. */
export const inUse = (events: readonly TrafficEvent[]) =>
  kindsOf(events).filter((kind) => kind === 'mtk-in-use').length;

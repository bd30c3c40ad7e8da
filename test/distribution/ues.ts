import type { UeAddress } from '../../lib/address/ue-address.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage } from '../../lib/mikey/index.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver, type ReceivedMikey } from '../../lib/ue/mikey-receiver.ts';
import type { TestUe } from './population.ts';

/** What the network does to a datagram: none of these, or several. */
export interface Fate {
  readonly copies: number;
  readonly delayMs: number;
}

/** A UE behind the socket that all UEs of a test share, and the messages that it received. */
export interface JoinedUe extends TestUe {
  readonly ring: KeyRing;
  readonly messages: ReceivedMikey[];
}

/** Many UEs on one socket. */
export interface TestUes {
  readonly address: UeAddress;
  /** Datagrams that came for any of them. */
  readonly received: { octets: Uint8Array; from: UeAddress; at: number }[];
  readonly join: (ues: readonly TestUe[]) => JoinedUe[];
  readonly send: (octets: Uint8Array, to: UeAddress) => Promise<void>;
  readonly holders: (msk: SecretKey) => number;
  readonly close: () => Promise<void>;
}

/**
 * How the way to the UEs and back treats datagrams; `answer` may change a verification message or keep it.
 */
export interface TestUesOptions {
  readonly fate?: (direction: 'to-ue' | 'from-ue') => Fate;
  readonly answer?: (octets: Uint8Array, ue: JoinedUe, to: UeAddress) => readonly Uint8Array[];
}

const PLAIN: Fate = { copies: 1, delayMs: 0 };

/** UEs that take MSKs and answer the V-bit, each with its own MUK, replay counter and key ring. */
export async function startUes({
  fate = () => PLAIN,
  answer = (octets) => [octets],
}: TestUesOptions = {}): Promise<TestUes> {
  const ues = new Map<string, JoinedUe & { readonly receiver: MikeyReceiver }>();
  const received: TestUes['received'] = [];
  const after = (delayMs: number, run: () => void) => void (delayMs === 0 ? run() : setTimeout(run, delayMs));

  const transport = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  transport.listen(({ octets, addressOf }) => {
    for (const [index, datagram] of octets.entries()) {
      const from = addressOf(index);
      const { copies, delayMs } = fate('to-ue');
      for (let copy = 0; copy < copies; copy++)
        after(delayMs, () => receive(Uint8Array.from(datagram), from));
    }
  });
  const receive = (octets: Uint8Array, from: UeAddress) => {
    received.push({ octets, from, at: performance.now() });
    const { idr } = decodeMikeyMessage(octets);
    const ue = ues.get(Buffer.from(idr?.data ?? []).toString());
    if (ue === undefined) return;
    const message = ue.receiver.receive(octets);
    ue.messages.push(message);
    if (message.kind !== 'msk' || message.verification === undefined) return;
    for (const reply of answer(message.verification, ue, from)) {
      const { copies, delayMs } = fate('from-ue');
      for (let copy = 0; copy < copies; copy++) after(delayMs, () => void send(reply, from));
    }
  };
  const send = (octets: Uint8Array, to: UeAddress) => transport.send(octets, to).catch(() => {});

  const [address] = transport.addresses;
  if (address === undefined) throw new Error('there is no socket');
  return {
    address: { address: address.address, port: address.port },
    received,
    join: (more) =>
      more.map((ue) => {
        const ring = new KeyRing();
        const receiver = new MikeyReceiver(ring);
        receiver.use({ btid: ue.btid, nafFqdn: 'bmsc.home1.net', muk: ue.muk, mrk: ue.muk });
        const joined = { ...ue, ring, messages: [], receiver };
        ues.set(ue.btid, joined);
        return joined;
      }),
    send,
    holders: (msk) =>
      [...ues.values()].filter(({ ring }) => ring.list().some((held) => held.msk.equals(msk))).length,
    close: () => transport.close(),
  };
}

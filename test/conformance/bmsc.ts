import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConformanceProfile, conformanceProfileOf } from '../../cli/conformance/profile.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeMskMessage, encodeSolicitedPullMessage } from '../../lib/mikey/index.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type InProcessDistribution, startInProcess } from '../distribution/in-process.ts';
import { newKeys } from '../provisioned-ue.ts';
import type { TestTable } from '../store/table.ts';
import type { Fault, Unasked } from './fault.ts';
import { FaultyKeyRequests } from './faulty-key-requests.ts';
import { FaultyTransport } from './faulty-transport.ts';
import { TestBsf } from './test-bsf.ts';

const DOMAIN = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });

/** The lifetime of a nonce, and of the keys of the second subscriber, in ms. */
export const NONCE_LIFETIME_MS = 1500;
const JOURNAL_MS = 300;
const EXPIRING_MS = 8000;
const COUNTER_UNIT_MS = 10;

/** Each BM-SC of a test has Key Groups and User Services of its own on one table. */
let count = 0;

/** What is provisioned for one run. */
interface Provisioned {
  readonly keys: BootstrappedKeys;
  readonly expiring: BootstrappedKeys;
  readonly granted: number;
  readonly services: { readonly subscribed: string; readonly notSubscribed: string };
}

/** A BM-SC with at most one fault, behind HTTP and UDP, and the profile by which it is tested. */
export class TestedBmsc {
  readonly url: URL;
  readonly profile: ConformanceProfile;
  readonly provisioned: Provisioned;
  readonly #http: Server;
  readonly #distribution: InProcessDistribution;
  readonly #transport: FaultyTransport;
  readonly #fault: Fault | undefined;
  readonly #pending: Set<Promise<void>>;
  readonly #bsf: TestBsf;

  constructor(
    provisioned: Provisioned,
    http: Server,
    distribution: InProcessDistribution,
    transport: FaultyTransport,
    fault: Fault | undefined,
    pending: Set<Promise<void>>,
    bsf: TestBsf,
  ) {
    const address = http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.url = new URL(`http://127.0.0.1:${port}/keymanagement`);
    this.provisioned = provisioned;
    this.profile = profileOf(provisioned);
    this.#http = http;
    this.#distribution = distribution;
    this.#transport = transport;
    this.#fault = fault;
    this.#pending = pending;
    this.#bsf = bsf;
  }

  /** A run of Ub with the BSF that it asks for keys. */
  bootstrap = () => this.#bsf.bootstrap();

  /** What makes it act on a UE: it is not waited for the UE's answer, which may never come. */
  stimuliOf(keys: BootstrappedKeys) {
    const keyGroup = formatKeyGroup(this.provisioned.granted);
    const target = { ues: [keys.impi] };
    const { beyondLifetime } = this.#fault ?? {};
    const isOver = () => keys === this.provisioned.expiring && keys.expiresAt <= Date.now();
    const ask = async (event: OutgoingEvent, kind: Unasked['kind']) => {
      if (beyondLifetime === kind && isOver()) await this.send(keys, { kind, group: 'granted' });
      else this.#pending.add(this.#distribution.run(event).catch(() => {}));
      await delay(10);
    };
    return {
      solicit: () =>
        ask(newEvent('Solicit MSK Pull', { keyDomainId: DOMAIN, keyGroup, target }, newId()), 'pull'),
      push: () =>
        ask(newEvent('Push MSK', { keyDomainId: DOMAIN, mskId: `${keyGroup}0005`, target }, newId()), 'msk'),
    };
  }

  /** Sends what nobody has asked for. */
  async send(keys: BootstrappedKeys, { kind, group }: Unasked): Promise<void> {
    const to = this.#transport.addressOf.get(keys.btid);
    if (to === undefined) throw new Error('the UE has no address yet');
    // No message before or after it is of the same unit of the counter.
    await delay(2 * COUNTER_UNIT_MS);
    const keyGroup = this.provisioned.granted + (group === 'granted' ? 0 : 1);
    const addressing = {
      muk: keys.muk,
      csbId: randomBytes(4).readUInt32BE(),
      rand: randomBytes(16),
      counter: Math.floor((Date.now() - keys.bootstrappedAt) / COUNTER_UNIT_MS) + 6001,
      bmscId: nafId('bmsc.home1.net'),
      ueId: Buffer.from(keys.btid),
      keyDomainId: DOMAIN,
    };
    const octets =
      kind === 'pull'
        ? encodeSolicitedPullMessage({ ...addressing, keyGroup })
        : encodeMskMessage({
            ...addressing,
            mskId: mskId(keyGroup, 5),
            msk: new SecretKey(randomBytes(16)),
            validity: FULL_VALIDITY,
            verificationRequested: false,
          });
    await this.#transport.send(octets, to);
    await delay(2 * COUNTER_UNIT_MS);
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await this.#distribution.close();
    await this.#bsf.close();
    await Promise.allSettled(this.#pending);
    // What it journals is waited for by nobody.
    await delay(JOURNAL_MS);
  }
}

/** Starts a BM-SC on the table, wrong in one way if there is a fault. */
export async function startTestedBmsc(store: TestTable, fault?: Fault): Promise<TestedBmsc> {
  const provisioned = await provision(store);
  const ues = [provisioned.keys, provisioned.expiring];
  let transport: FaultyTransport | undefined;
  const distribution = await startInProcess(store, {
    settings: { retransmission: { tries: 4, firstMs: 250 } },
    behind: (socket) => {
      transport = new FaultyTransport(socket, fault, ues);
      return transport;
    },
  });
  if (transport === undefined) throw new Error('there is no transport');
  const pending = new Set<Promise<void>>();
  const publish = async (events: readonly OutgoingEvent[]) => {
    for (const event of events) {
      const kept = fault?.event === undefined ? event : fault.event(event);
      if (kept !== undefined) pending.add(distribution.run(kept).catch(() => {}));
    }
  };
  let bmsc: TestedBmsc | undefined;
  const bsf = await TestBsf.start();
  const requests = new FaultyKeyRequests(store, {
    fault,
    ues,
    sessions: bsf.sessions,
    bsf: bsf.keySource,
    publish,
    onUnasked: (unasked) => bmsc?.send(provisioned.keys, unasked),
  });
  const http = createServer((request, response) => {
    answer(requests, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  bmsc = new TestedBmsc(provisioned, http, distribution, transport, fault, pending, bsf);
  return bmsc;
}

async function answer(requests: FaultyKeyRequests, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const {
    status,
    headers: more,
    body,
  } = await requests.handle({
    method: request.method ?? '',
    target: request.url ?? '',
    headers,
    body: Buffer.concat(chunks).toString('latin1'),
  });
  response.writeHead(status, { ...more }).end(body);
}

async function provision(store: TestTable): Promise<Provisioned> {
  const granted = 0x100 + 2 * count;
  const services = { subscribed: `urn:example:news:${count}`, notSubscribed: `urn:example:sport:${count}` };
  count += 1;
  for (const [index, serviceId] of [services.subscribed, services.notSubscribed].entries()) {
    const group = { keyDomainId: DOMAIN, keyGroup: granted + index };
    await putUserService(store, { serviceId, keyGroups: [group] });
    for (const keyNumber of [4, 5])
      await putMsk(store, group, { keyNumber, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
  }
  const keys = newKeys(undefined, Date.now());
  await putSubscription(store, keys.impi, services.subscribed);
  await putAssociation(store, keys);
  const expiring = newKeys();
  await putSubscription(store, expiring.impi, services.subscribed);
  const bootstrappedAt = Date.now();
  const short = { ...expiring, bootstrappedAt, expiresAt: bootstrappedAt + EXPIRING_MS };
  await putAssociation(store, short);
  return { keys, expiring: short, granted, services };
}

function profileOf({ granted, services }: Provisioned): ConformanceProfile {
  const group = (keyGroup: number) => `${DOMAIN}/${formatKeyGroup(keyGroup)}`;
  return conformanceProfileOf(
    {
      services,
      keys: {
        granted: group(granted),
        specific: `${formatKeyGroup(granted)}0004`,
        refused: group(granted + 1),
      },
      times: { delivery: 2000, quiet: 250, repeat: 700 },
      nonceLifetime: NONCE_LIFETIME_MS,
    },
    'the profile of the test',
  );
}

function newId() {
  return { eventId: randomBytes(16).toString('hex'), now: Date.now() };
}

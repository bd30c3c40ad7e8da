import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describeUeEvent } from '../cli/commands/ue/describe-event.ts';
import { type DeployedBmsc, findBmsc } from '../cli/stack.ts';
import { newEvent } from '../lib/events/envelope.ts';
import { publishEvents } from '../lib/events/publish.ts';
import { btidOf } from '../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../lib/gba/impi.ts';
import { mukAndMrkOf } from '../lib/gba/mbms-keys.ts';
import { keyDomainIdOfPlmn } from '../lib/keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, formatKeyGroup, formatMskId, mskId } from '../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../lib/keys/msk-validity.ts';
import { SecretKey } from '../lib/keys/secret-key.ts';
import { putAssociation } from '../lib/store/association/put-association.ts';
import { putMsk } from '../lib/store/key-group/key-group.ts';
import type { StoredMsk } from '../lib/store/key-group/key-group-item.ts';
import { putSubscription } from '../lib/store/registration/subscriber.ts';
import { putUserService } from '../lib/store/registration/user-service.ts';
import { SimAssociations } from '../lib/ue/bootstrapping/sim-associations.ts';
import { UeError } from '../lib/ue/errors.ts';
import type { HeldMsk } from '../lib/ue/key-ring.ts';
import type { UeSecurityAssociation } from '../lib/ue/security-association.ts';
import { startUe, type Ue, type UeEvent } from '../lib/ue/ue.ts';
import { withResolvers } from '../lib/with-resolvers.ts';
import type { BusEvent } from './aws/event-bus.ts';
import { demonstrateKindsOfKeys } from './kinds-of-keys.ts';
import type { StandIns } from './network.ts';
import type { LocalSystem } from './system.ts';

/** How long a step of the demonstration may take, in ms. */
const STEP_MS = 5000;

const SERVICE_ID = 'urn:example:mbms:demonstration';
const KEY_GROUP = 0x0001;

/**
 * The main job, end to end: provision, bootstrap, register, ask, push, solicit, and bootstrap again when the
 * key lifetime is over. Prints a line for each step with `say`.
 * @param standIns the BSFs and SIMs of the local network; without them an association is provisioned
 * @returns whether every UE ended with the very keys that the BM-SC holds
 */
export async function demonstrate(
  system: LocalSystem,
  say: (line: string) => void,
  standIns?: StandIns,
): Promise<boolean> {
  const { stackName: stack, endpointUrl } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  const demonstration = new Demonstration(system, bmsc, say, standIns);
  await demonstration.provision();
  const ue = await demonstration.startUe();
  try {
    await demonstration.register(ue);
    await demonstration.requestMsk(ue);
    await demonstration.push();
    await demonstration.solicit();
    if (standIns !== undefined) await demonstration.outliveKeys(ue, standIns);
  } finally {
    await ue.close();
  }
  const others = standIns === undefined || (await demonstrateKindsOfKeys(system, standIns, { bmsc, say }));
  return demonstration.compareKeys(ue) && others;
}

/** The demonstration may run again on the same system. */
const AGAIN = { replace: true };

/** How long the keys of a bootstrapping live that the demonstration outlives, in ms. */
const SHORT_LIFETIME_MS = 3000;
const LONG_LIFETIME_MS = 3_600_000;

/** One subscriber with one UE, and the MSKs that it is sent one after another. */
class Demonstration {
  readonly #system: LocalSystem;
  readonly #bmsc: DeployedBmsc;
  readonly #say: (line: string) => void;
  readonly #sim: SimAssociations | undefined;
  readonly #impi: Impi;
  readonly #group = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: KEY_GROUP };
  readonly #first = newMsk(1);
  readonly #second = newMsk(2);
  readonly #third = newMsk(3);
  /** Messages that the UE has received, by kind. */
  readonly #received: string[] = [];
  /** How many MSKs the UE has verified, as the bus has it. */
  #delivered = 0;
  #onFailure: (error: unknown) => void = () => {};

  constructor(
    system: LocalSystem,
    bmsc: DeployedBmsc,
    say: (line: string) => void,
    standIns: StandIns | undefined,
  ) {
    this.#system = system;
    this.#bmsc = bmsc;
    this.#say = say;
    const [profile] = standIns?.sims ?? [];
    this.#sim =
      standIns &&
      profile &&
      new SimAssociations(profile, {
        bsfUrl: standIns.nbsp.ubUrl,
        nafFqdn: system.nafFqdn,
        randomOctets: (length) => randomBytes(length),
      });
    this.#impi = profile?.impi ?? parseImpi('001010123456789@ims.mnc001.mcc001.3gppnetwork.org');
    system.onEvent((event) => this.#onBusEvent(event));
  }

  async provision(): Promise<void> {
    const { store } = this.#bmsc;
    await putUserService(store, { serviceId: SERVICE_ID, keyGroups: [this.#group] });
    await putMsk(store, this.#group, this.#first, AGAIN);
    await putSubscription(store, this.#impi, SERVICE_ID);
    const keyDomain = `Key Domain ${this.#group.keyDomainId} (MCC 001 MNC 01)`;
    this.#say(`1 provision   User Service ${SERVICE_ID}, ${keyDomain}, Key Group 0001, MSK 00010001`);
    this.#say(`              subscriber ${this.#impi}`);
  }

  async startUe(): Promise<Ue> {
    const { keyManagementUrl, payloadProfile, host } = this.#system;
    return startUe({
      association: await this.#association(),
      keyManagementUrl: new URL(keyManagementUrl),
      payloadProfile,
      listen: { address: host.loopback, port: 0 },
      randomOctets: (length) => randomBytes(length),
      onEvent: (event) => this.#onUeEvent(event),
    });
  }

  /** Bootstraps from the SIM; without one the operator provisions what bootstrapping would have given. */
  async #association(): Promise<UeSecurityAssociation> {
    if (this.#sim !== undefined) {
      const association = await this.#sim.bootstrap();
      this.#say(`2 bootstrap   SIM to BSF over Ub, Digest AKA: B-TID ${association.btid}`);
      return association;
    }
    const [impi, btid] = [this.#impi, btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' })];
    const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
    const bootstrappedAt = Date.now();
    const expiresAt = bootstrappedAt + 3_600_000;
    const association = { btid, impi, gbaType: 'GBA_ME', ...keys, bootstrappedAt, expiresAt } as const;
    await putAssociation(this.#bmsc.store, association);
    this.#say(`2 provision   association B-TID ${btid}, for want of a BSF`);
    return { btid, nafFqdn: this.#system.nafFqdn, ...keys };
  }

  async register(ue: Ue): Promise<void> {
    const codes = codesOf(await ue.register([SERVICE_ID]));
    const request = `POST ${this.#system.keyManagementUrl}?requesttype=register, Digest auth-int`;
    this.#say(`3 register    ${request}: ${codes}`);
    await until(() => this.#count('msk') >= 1, 'the MSK after registration');
  }

  async requestMsk(ue: Ue): Promise<void> {
    const { keyDomainId } = this.#group;
    const current = mskId(KEY_GROUP, CURRENT_KEY_NUMBER);
    const codes = codesOf(await ue.requestMsks([{ keyDomainId, mskId: current }]));
    this.#say(`4 MSK request MSK ID 00010000 (current): ${codes}`);
    await until(() => this.#count('msk') >= 2, 'the MSK that was requested');
  }

  async push(): Promise<void> {
    const { store, bus } = this.#bmsc;
    const { keyDomainId } = this.#group;
    await putMsk(store, this.#group, this.#second, AGAIN);
    const id = formatMskId(mskId(KEY_GROUP, this.#second.keyNumber));
    const data = { keyDomainId, mskId: id, target: { ues: [this.#impi] } };
    await publishEvents(bus, [newEvent('Push MSK', data, newEventIdentity())]);
    this.#say(`5 push        event Push MSK ${id} on the bus`);
    await until(() => this.#count('msk') >= 3, 'the MSK that was pushed');
  }

  async solicit(): Promise<void> {
    await putMsk(this.#bmsc.store, this.#group, this.#third, AGAIN);
    await this.#publishSolicitedPull();
    const expected = 'the UE is to ask for the current MSK, now 00010003';
    this.#say(`6 solicit     event Solicit MSK Pull on the bus: ${expected}`);
    const hasPulled = () => this.#count('solicited-pull') >= 1 && this.#count('msk') >= 4;
    await until(hasPulled, 'the MSK after the solicited pull');
    await until(() => this.#delivered >= 4, 'the verification of every MSK');
  }

  /**
   * The UE bootstraps anew, with keys of a short life, and outlives them. A solicited pull still reaches it
   * under the last MUK (TS 33.246 §6.3.2.2.4); its request is answered that it must bootstrap again.
   */
  async outliveKeys(ue: Ue, { nbsp }: StandIns): Promise<void> {
    const sim = this.#sim;
    if (sim === undefined) return;
    nbsp.lifetimeMs = SHORT_LIFETIME_MS;
    ue.use(await sim.bootstrap());
    const over = Date.now() + SHORT_LIFETIME_MS;
    await ue.register([SERVICE_ID]);
    await until(() => this.#count('msk') >= 5, 'the MSK after the second bootstrapping');
    this.#say(`7 lifetime    bootstrapped again, for ${SHORT_LIFETIME_MS / 1000} s, and registered; waiting`);
    nbsp.lifetimeMs = LONG_LIFETIME_MS;
    await delay(over - Date.now());
    const { promise: challenged, resolve: onFailure } = withResolvers<unknown>();
    this.#onFailure = onFailure;
    await this.#publishSolicitedPull();
    const failure = await Promise.race([challenged, delay(STEP_MS)]);
    if (!(failure instanceof UeError && failure.code === 'not-authenticated'))
      throw new Error('the UE was not told to bootstrap again');
    ue.use(await sim.bootstrap());
    const codes = codesOf(await ue.register([SERVICE_ID]));
    this.#say(`              pull under the last MUK, 401: bootstrapped again, registered: ${codes}`);
    await until(() => this.#count('msk') >= 6, 'the MSK after the third bootstrapping');
  }

  async #publishSolicitedPull(): Promise<void> {
    const { keyDomainId } = this.#group;
    const data = { keyDomainId, keyGroup: formatKeyGroup(KEY_GROUP), target: { ues: [this.#impi] } };
    await publishEvents(this.#bmsc.bus, [newEvent('Solicit MSK Pull', data, newEventIdentity())]);
  }

  /** Whether the UE holds the second and the third MSK, with the octets of the table, and no other. */
  compareKeys(ue: Ue): boolean {
    const held = ue.ring.list();
    const matches = [this.#second, this.#third].every((msk) => holds(held, msk)) && held.length === 2;
    const ids = held.map((msk) => formatMskId(msk.mskId)).join(' and ');
    this.#say(
      matches
        ? `9 done        the UE holds ${ids}; the keys match on both sides`
        : '9 FAILED      the keys do not match',
    );
    return matches;
  }

  #count(kind: string): number {
    return this.#received.filter((each) => each === kind).length;
  }

  #onUeEvent(event: UeEvent): void {
    if (event.kind === 'failed') this.#onFailure(event.error);
    this.#say(`              UE: ${describeUeEvent(event).text}`);
    if (event.kind !== 'received') return;
    this.#received.push(event.message.kind);
    this.#say(`                  ${anatomyOf(event.octets)}`);
  }

  #onBusEvent(event: BusEvent): void {
    if (event['detail-type'] !== 'MSK Delivered') return;
    const { data } = event.detail as { data: { ues: string[]; mskId: string } };
    if (!data.ues.includes(this.#impi)) return;
    this.#delivered += 1;
    this.#say(`              bus: MSK Delivered ${data.mskId}, its verification message checked`);
  }
}

function newMsk(keyNumber: number): StoredMsk {
  return { keyNumber, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY };
}

function newEventIdentity(): { readonly eventId: string; readonly now: number } {
  return { eventId: randomUUID(), now: Date.now() };
}

function holds(held: readonly HeldMsk[], { keyNumber, msk }: StoredMsk): boolean {
  return held.some((each) => each.mskId.keyNumber === keyNumber && each.msk.equals(msk));
}

/**
 * The octets by which a MIKEY message is recognised: version, data type, V-bit, CSB ID and the end of the
 * MAC.
 */
function anatomyOf(octets: Uint8Array): string {
  const hex = Buffer.from(octets).toString('hex');
  const vBit = ((octets[3] ?? 0) & 0x80) !== 0 ? 'V-bit set' : 'V-bit not set';
  return `HDR ${hex.slice(0, 20)}: MIKEY 1, PSK, ${vBit}, CSB ID ${hex.slice(8, 16)}; MAC …${hex.slice(-8)}`;
}

function codesOf(answers: readonly { readonly responseCode: number }[]): string {
  return `200 OK, rspauth good, item ${answers.map(({ responseCode }) => responseCode).join(', ')}`;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + STEP_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${STEP_MS / 1000} s`);
    await delay(10);
  }
}

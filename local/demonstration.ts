import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describeUeEvent } from '../cli/commands/ue/describe-event.ts';
import { type DeployedBmsc, findBmsc } from '../cli/stack.ts';
import { newEvent } from '../lib/events/envelope.ts';
import { publishEvents } from '../lib/events/publish.ts';
import { btidOf } from '../lib/gba/btid.ts';
import { parseImpi } from '../lib/gba/impi.ts';
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
import type { HeldMsk } from '../lib/ue/key-ring.ts';
import { startUe, type Ue, type UeEvent } from '../lib/ue/ue.ts';
import type { BusEvent } from './aws/event-bus.ts';
import type { LocalSystem } from './system.ts';

/** How long a step of the demonstration may take, in ms. */
const STEP_MS = 5000;

const SERVICE_ID = 'urn:example:mbms:demonstration';
const KEY_GROUP = 0x0001;

/**
 * The main job, end to end: provision, register, ask, push, solicit. Prints a line for each step with `say`.
 * @returns whether the UE ended with the very keys that the BM-SC holds
 */
export async function demonstrate(system: LocalSystem, say: (line: string) => void): Promise<boolean> {
  const { stackName: stack, endpointUrl } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  const demonstration = new Demonstration(system, bmsc, say);
  await demonstration.provision();
  const ue = await demonstration.startUe();
  try {
    await demonstration.register(ue);
    await demonstration.requestMsk(ue);
    await demonstration.push();
    await demonstration.solicit();
  } finally {
    await ue.close();
  }
  return demonstration.compareKeys(ue);
}

/** The demonstration may run again on the same system. */
const AGAIN = { replace: true };

/** One subscriber with one UE, and the three MSKs that it is sent one after another. */
class Demonstration {
  readonly #system: LocalSystem;
  readonly #bmsc: DeployedBmsc;
  readonly #say: (line: string) => void;
  readonly #impi = parseImpi('001010123456789@ims.mnc001.mcc001.3gppnetwork.org');
  readonly #btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  readonly #keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
  readonly #group = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: KEY_GROUP };
  readonly #first = newMsk(1);
  readonly #second = newMsk(2);
  readonly #third = newMsk(3);
  /** Messages that the UE has received, by kind. */
  readonly #received: string[] = [];
  /** How many MSKs the UE has verified, as the bus has it. */
  #delivered = 0;

  constructor(system: LocalSystem, bmsc: DeployedBmsc, say: (line: string) => void) {
    this.#system = system;
    this.#bmsc = bmsc;
    this.#say = say;
    system.onEvent((event) => this.#onBusEvent(event));
  }

  async provision(): Promise<void> {
    const { store } = this.#bmsc;
    const [impi, btid] = [this.#impi, this.#btid];
    await putUserService(store, { serviceId: SERVICE_ID, keyGroups: [this.#group] });
    await putMsk(store, this.#group, this.#first, AGAIN);
    await putSubscription(store, impi, SERVICE_ID);
    const bootstrappedAt = Date.now();
    const expiresAt = bootstrappedAt + 3_600_000;
    await putAssociation(store, { btid, impi, gbaType: 'GBA_ME', ...this.#keys, bootstrappedAt, expiresAt });
    const keyDomain = `Key Domain ${this.#group.keyDomainId} (MCC 001 MNC 01)`;
    this.#say(`1 provision   User Service ${SERVICE_ID}, ${keyDomain}, Key Group 0001, MSK 00010001`);
    this.#say(`              subscriber ${impi}, B-TID ${btid}`);
  }

  startUe(): Promise<Ue> {
    const { nafFqdn, keyManagementUrl, host } = this.#system;
    return startUe({
      association: { btid: this.#btid, nafFqdn, ...this.#keys },
      keyManagementUrl: new URL(keyManagementUrl),
      listen: { address: host.reachable, port: 0 },
      randomOctets: (length) => randomBytes(length),
      onEvent: (event) => this.#onUeEvent(event),
    });
  }

  async register(ue: Ue): Promise<void> {
    const codes = codesOf(await ue.register([SERVICE_ID]));
    const request = `POST ${this.#system.keyManagementUrl}?requesttype=register, Digest auth-int`;
    this.#say(`2 register    ${request}: ${codes}`);
    await until(() => this.#count('msk') >= 1, 'the MSK after registration');
  }

  async requestMsk(ue: Ue): Promise<void> {
    const { keyDomainId } = this.#group;
    const current = mskId(KEY_GROUP, CURRENT_KEY_NUMBER);
    const codes = codesOf(await ue.requestMsks([{ keyDomainId, mskId: current }]));
    this.#say(`3 MSK request MSK ID 00010000 (current): ${codes}`);
    await until(() => this.#count('msk') >= 2, 'the MSK that was requested');
  }

  async push(): Promise<void> {
    const { store, bus } = this.#bmsc;
    const { keyDomainId } = this.#group;
    await putMsk(store, this.#group, this.#second, AGAIN);
    const id = formatMskId(mskId(KEY_GROUP, this.#second.keyNumber));
    const data = { keyDomainId, mskId: id, target: { ues: [this.#impi] } };
    await publishEvents(bus, [newEvent('Push MSK', data, newEventIdentity())]);
    this.#say(`4 push        event Push MSK ${id} on the bus`);
    await until(() => this.#count('msk') >= 3, 'the MSK that was pushed');
  }

  async solicit(): Promise<void> {
    const { store, bus } = this.#bmsc;
    const { keyDomainId } = this.#group;
    await putMsk(store, this.#group, this.#third, AGAIN);
    const data = { keyDomainId, keyGroup: formatKeyGroup(KEY_GROUP), target: { ues: [this.#impi] } };
    await publishEvents(bus, [newEvent('Solicit MSK Pull', data, newEventIdentity())]);
    const expected = 'the UE is to ask for the current MSK, now 00010003';
    this.#say(`5 solicit     event Solicit MSK Pull on the bus: ${expected}`);
    const hasPulled = () => this.#count('solicited-pull') >= 1 && this.#count('msk') >= 4;
    await until(hasPulled, 'the MSK after the solicited pull');
    await until(() => this.#delivered >= 4, 'the verification of every MSK');
  }

  /** Whether the UE holds the second and the third MSK, with the octets of the table, and no other. */
  compareKeys(ue: Ue): boolean {
    const held = ue.ring.list();
    const matches = [this.#second, this.#third].every((msk) => holds(held, msk)) && held.length === 2;
    const ids = held.map((msk) => formatMskId(msk.mskId)).join(' and ');
    this.#say(
      matches
        ? `6 done        the UE holds ${ids}; the keys match on both sides`
        : '6 FAILED      the keys do not match',
    );
    return matches;
  }

  #count(kind: string): number {
    return this.#received.filter((each) => each === kind).length;
  }

  #onUeEvent(event: UeEvent): void {
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

import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { type DeployedBmsc, findBmsc } from '../../cli/stack.ts';
import type { EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { type Impi, parseImpi } from '../../lib/gba/impi.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { startUe, type Ue, type UeEvent } from '../../lib/ue/ue.ts';
import type { BusEvent } from '../../local/aws/event-bus.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { newKeys } from '../provisioned-ue.ts';

export const SERVICE = 'urn:example:news';

/** The local system, what its bus has carried, and the command line on it. */
export interface LocalBmsc extends DeployedBmsc {
  readonly system: LocalSystem;
  readonly events: BusEvent[];
  /** The data of the events of this name. */
  readonly dataOf: (detailType: string) => Record<string, unknown>[];
  /** Waits until the bus has carried `count` events of this name. */
  readonly until: (detailType: string, count: number, timeoutMs?: number) => Promise<void>;
  readonly publish: <T extends OutgoingEvent['detailType']>(
    detailType: T,
    data: EventInput<T>,
    idempotencyKey?: string,
  ) => Promise<void>;
  /** The command line in a process of its own, and the last line that it prints. */
  readonly bmsc: (...words: string[]) => Promise<Record<string, unknown>>;
}

/** Starts the local system on free ports, as `startTestSystem` does. */
export async function startLocalBmsc(...options: Parameters<typeof startTestSystem>): Promise<LocalBmsc> {
  const system = await startTestSystem(...options);
  const { stackName: stack, endpointUrl } = system;
  const deployed = await findBmsc({ stack, endpointUrl, local: true });
  const events: BusEvent[] = [];
  system.onEvent((event) => void events.push(event));
  const dataOf = (detailType: string) =>
    events
      .filter((event) => event['detail-type'] === detailType)
      .map(({ detail }) => detail.data as Record<string, unknown>);
  return {
    ...deployed,
    system,
    events,
    dataOf,
    until: async (detailType, count, timeout = 10_000) => {
      await expect
        .poll(() => dataOf(detailType).length, { timeout, interval: 20 })
        .toBeGreaterThanOrEqual(count);
    },
    publish: (detailType, data, idempotencyKey) => {
      const about = { eventId: randomUUID(), now: Date.now() };
      const event = newEvent(
        detailType,
        data,
        idempotencyKey === undefined ? about : { ...about, idempotencyKey },
      );
      return publishEvents(deployed.bus, [event as OutgoingEvent]);
    },
    bmsc: async (...words) => {
      const program = join(import.meta.dirname, '../../cli/bmsc.ts');
      const where = ['--local', '--endpoint-url', endpointUrl, '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, ...where]);
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    },
  };
}

/** A subscriber to the service, and a UE that has received nothing yet. */
export interface TestUe {
  readonly impi: Impi;
  readonly association: UeSecurityAssociation;
  readonly ue: Ue;
  readonly ueEvents: UeEvent[];
  /** The kinds of the messages that it has received, and the reasons for which it has refused others. */
  readonly received: () => string[];
}

/** A bootstrapping: the BM-SC gets the keys of an association, and so does the UE. */
export async function bootstrap(
  { store, system }: LocalBmsc,
  impi: Impi,
  lifetimeMs = 3_600_000,
): Promise<UeSecurityAssociation> {
  const now = Date.now();
  const keys = { ...newKeys(impi, now), expiresAt: now + lifetimeMs };
  await putAssociation(store, keys);
  const { btid, muk, mrk, expiresAt } = keys;
  return { btid, nafFqdn: system.nafFqdn, muk, mrk, expiresAt };
}

/** A UE that subscribes to the service, bootstraps, and has this address. */
export async function startTestUe(bmsc: LocalBmsc, lifetimeMs?: number, address?: string): Promise<TestUe> {
  const impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
  await putSubscription(bmsc.store, impi, SERVICE);
  const association = await bootstrap(bmsc, impi, lifetimeMs);
  return { impi, association, ...(await switchOn(bmsc, association, address)) };
}

/**
 * The UE of an association, with no MSK yet. It has the system's own address, or another one at which the
 * HTTP API listens, too.
 */
export async function switchOn(
  { system }: LocalBmsc,
  association: UeSecurityAssociation,
  address = system.host.reachable,
): Promise<Pick<TestUe, 'ue' | 'ueEvents' | 'received'>> {
  const ueEvents: UeEvent[] = [];
  const keyManagementUrl = new URL(system.keyManagementUrl);
  keyManagementUrl.hostname = address.includes(':') ? `[${address}]` : address;
  const ue = await startUe({
    association,
    keyManagementUrl,
    payloadProfile: system.payloadProfile,
    listen: { address, port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => void ueEvents.push(event),
  });
  const received = () =>
    ueEvents.flatMap((event) => {
      if (event.kind !== 'received') return [];
      return [event.message.kind === 'refused' ? event.message.reason : event.message.kind];
    });
  return { ue, ueEvents, received };
}

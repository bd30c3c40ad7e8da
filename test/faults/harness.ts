import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { type EventBus, publishEvents } from '../../lib/events/publish.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import { type AwsFaultsProxy, NO_AWS_FAULTS, startAwsFaults } from './aws-faults.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type LossyRelay, NO_FAULTS, startLossyRelay } from './lossy-relay.ts';
import { createOutcomeListener, type OutcomeListener, type Outcomes } from './outcomes.ts';
import { provisionUes } from './provision.ts';
import { type SenderProcess, startSenderProcess } from './senders.ts';
import { startUes, type Ues } from './ues.ts';

/** The User Service and the Key Group of the load. */
export const SERVICE_ID = 'urn:example:load';
export const GROUP = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };

/** How the load is set up. */
export interface HarnessOptions {
  readonly ues: number;
  readonly seed: number;
  readonly progress: (what: string) => void;
  /** Whether a UE's registration is as earlier releases wrote it, so that pushes read its association. */
  readonly isOfEarlierRelease?: (index: number) => boolean;
  /** The work of a killed sender comes again after this time, in s. */
  readonly visibilityTimeoutS?: number;
  /** Few UEs, few ends of senders, short waits: what CI runs. */
  readonly isSmall?: boolean;
  /** Changes of the environment of all senders; a scenario may change it further. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A quarter of the UEs: batches of associations are read, and fail, too. */
export const EARLIER_RELEASE = { isOfEarlierRelease: (index: number) => index % 4 === 3 } as const;

/** What makes a run small. */
export const SMALL = {
  isSmall: true,
  visibilityTimeoutS: 3,
  environment: {
    [SENDER_VARIABLE.retransmissionFirstSeconds]: '0.4',
    [SENDER_VARIABLE.retransmissionTries]: '4',
  },
} as const;

/** A push that the harness has requested. */
export interface RequestedPush {
  readonly pushId: string;
  readonly mskId: string;
  /** 16 octets, as the store has them. */
  readonly msk: SecretKey;
  /** ms since the epoch */
  readonly requestedAt: number;
  readonly outcomes: Outcomes;
}

/** How a sender differs from the container's definition. */
export interface SenderChanges {
  readonly environment?: Readonly<Record<string, string>>;
  readonly clockSkewMs?: number;
  /** The entry point of another checkout, to compare with. */
  readonly main?: string;
  /** A module that the process loads before its entry point. */
  readonly preload?: string;
}

/** Short, so that nobody waits, but longer than a busy machine keeps a sender from extending its claims. */
const VISIBILITY_TIMEOUT_S = 20;

/** The age of the UEs' keys, in ms. */
const BOOTSTRAPPED_BEFORE_MS = 3600_000;

const SETTINGS = { edge: { type: 'none' } } as const;
const NOWHERE = { address: '127.0.0.1', port: 9 };

/** What the harness consists of. */
interface Parts {
  readonly options: HarnessOptions;
  readonly random: SeededRandom;
  readonly cloud: Cloud;
  readonly aws: AwsFaultsProxy;
  readonly ues: Ues;
  readonly relay: LossyRelay;
  readonly outcomes: OutcomeListener;
}

/** Starts the load: AWS in a process of its own, and registered UEs behind a relay without faults. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const random = seededRandom(options.seed);
  const outcomes = createOutcomeListener();
  options.progress('starting the stand-in for AWS');
  const cloud = await startCloud(options.visibilityTimeoutS ?? VISIBILITY_TIMEOUT_S, SETTINGS);
  cloud.onEvent(outcomes.receive);
  const aws = await startAwsFaults(cloud.url, random);
  const ues = await startUes({
    count: options.ues,
    seed: options.seed,
    nafFqdn: cloud.environment[SENDER_VARIABLE.nafFqdn] ?? '',
    bootstrappedAt: Date.now() - BOOTSTRAPPED_BEFORE_MS,
  });
  const relay = await startLossyRelay(ues.addresses, random);
  await putUserService(cloud.store, { serviceId: SERVICE_ID, keyGroups: [GROUP] });
  const addressOf = (index: number) => relay.addresses[index % relay.addresses.length] ?? NOWHERE;
  await provisionUes(
    cloud.store,
    SERVICE_ID,
    options.ues,
    (index) => ({
      keys: ues.keysOf(index),
      ueAddress: addressOf(index),
      isCopied: options.isOfEarlierRelease?.(index) !== true,
    }),
    (written) => options.progress(`provisioning UEs: ${written} of ${options.ues}`),
  );
  return new Harness({ options, random, cloud, aws, ues, relay, outcomes });
}

/** What a scenario works with: UEs, the network before them, AWS, and senders. */
export class Harness {
  readonly options: HarnessOptions;
  readonly random: SeededRandom;
  readonly cloud: Cloud;
  readonly aws: AwsFaultsProxy;
  readonly ues: Ues;
  readonly relay: LossyRelay;
  readonly logFile = join(mkdtempSync(join(tmpdir(), 'bmsc-faults-')), 'senders.log');
  readonly senders: SenderProcess[] = [];
  readonly #outcomes: OutcomeListener;
  /** The bus behind the proxy. */
  readonly #bus: EventBus;
  readonly #msks = new Map<string, SecretKey>();
  #keyNumber = 0;

  constructor({ options, random, cloud, aws, ues, relay, outcomes }: Parts) {
    this.options = options;
    this.random = random;
    this.cloud = cloud;
    this.aws = aws;
    this.ues = ues;
    this.relay = relay;
    this.#outcomes = outcomes;
    this.#bus = cloud.by(aws.url).bus;
  }

  async startSender(changes: SenderChanges = {}): Promise<SenderProcess> {
    const { environment = {}, clockSkewMs = 0, main, preload } = changes;
    const { visibilityTimeoutS = VISIBILITY_TIMEOUT_S } = this.options;
    const sender = await startSenderProcess({
      endpointUrl: this.aws.url,
      environment: {
        ...this.cloud.environment,
        [SENDER_VARIABLE.visibilityTimeoutSeconds]: String(visibilityTimeoutS),
        ...this.options.environment,
        ...environment,
      },
      logFile: this.logFile,
      clockSkewMs,
      main,
      preload,
    });
    this.senders.push(sender);
    return sender;
  }

  /** Ends all senders, removes all faults, and lets the UEs forget what they have received. */
  async reset(): Promise<void> {
    await this.#killSenders();
    this.relay.setFaults(NO_FAULTS);
    this.relay.tap(undefined);
    this.relay.tapToUes(undefined);
    this.ues.putOutOfReach(() => false);
    this.ues.forget();
    this.aws.setFaults(NO_AWS_FAULTS);
    this.aws.forget();
  }

  /** Creates the next MSK of the Key Group, which becomes the current one. @returns its MSK ID */
  async newMsk(): Promise<string> {
    this.#keyNumber += 1;
    const msk = new SecretKey(randomBytes(16));
    const validity = { seql: 0, sequ: 0xffff };
    await putMsk(this.cloud.store, GROUP, { keyNumber: this.#keyNumber, msk, validity });
    const id = formatMskId(mskId(GROUP.keyGroup, this.#keyNumber));
    this.#msks.set(id, msk);
    return id;
  }

  /** Requests a push to the whole User Service by an event, through the proxy. */
  async push(id: string, perSecond?: number): Promise<RequestedPush> {
    const msk = this.#msks.get(id);
    if (msk === undefined) throw new Error(`no MSK ${id}`);
    const about = { eventId: randomUUID(), now: Date.now() };
    const target = { serviceId: SERVICE_ID };
    const data = { keyDomainId: GROUP.keyDomainId, mskId: id, target, pacing: { perSecond } };
    await publishEvents(this.#bus, [newEvent('Push MSK', data, about)]);
    const pushId = about.eventId;
    return { pushId, mskId: id, msk, requestedAt: about.now, outcomes: this.#outcomes.of(pushId) };
  }

  async close(): Promise<void> {
    await this.#killSenders();
    await this.aws.close();
    await this.relay.close();
    await this.ues.close();
    await this.cloud.close();
  }

  async #killSenders(): Promise<void> {
    await Promise.all(this.senders.map((sender) => sender.end('SIGKILL')));
    this.senders.length = 0;
  }
}

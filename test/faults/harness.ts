import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import { type AwsFaultsProxy, NO_AWS_FAULTS, startAwsFaults } from './aws-faults.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type LossyRelay, NO_FAULTS, startLossyRelay } from './lossy-relay.ts';
import { createOutcomeListener, type Outcomes } from './outcomes.ts';
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
  /** Work of a sender that was killed comes again after so many seconds. */
  readonly visibilityTimeoutS?: number;
  /** What is changed in the environment of all senders, unless a scenario says otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A push that was asked for. */
export interface AskedPush {
  readonly pushId: string;
  readonly mskId: string;
  readonly askedAt: number;
  readonly outcomes: Outcomes;
}

/** How a sender differs from the container's definition. */
export interface SenderChanges {
  readonly environment?: Readonly<Record<string, string>>;
  readonly clockSkewMs?: number;
}

/** Everything that a scenario plays with: UEs, the network before them, AWS, and senders. */
export interface Harness {
  readonly options: HarnessOptions;
  readonly random: SeededRandom;
  readonly cloud: Cloud;
  readonly aws: AwsFaultsProxy;
  readonly ues: Ues;
  readonly relay: LossyRelay;
  readonly logFile: string;
  readonly senders: readonly SenderProcess[];
  readonly startSender: (changes?: SenderChanges) => Promise<SenderProcess>;
  /** Ends all senders, undoes all faults, and lets the UEs forget what they got. */
  readonly reset: () => Promise<void>;
  /** Makes the next MSK of the Key Group and makes it current. */
  readonly newMsk: () => Promise<string>;
  /** Asks for a push to the whole User Service by an event, through the proxy. */
  readonly push: (id: string, perSecond?: number) => Promise<AskedPush>;
  readonly close: () => Promise<void>;
}

/** Short, so that nobody has to wait, but longer than a busy machine keeps a sender from saying that it is still at work. */
const VISIBILITY_TIMEOUT_S = 20;

/** Since when the UEs' keys are in use, in ms. */
const BOOTSTRAPPED_BEFORE_MS = 3600_000;

/** Starts the load: AWS in a process of its own, and so many registered UEs behind a relay that does no harm yet. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const random = seededRandom(options.seed);
  const { visibilityTimeoutS = VISIBILITY_TIMEOUT_S } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-faults-'));
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'senders.log');
  const senders: SenderProcess[] = [];
  const outcomes = createOutcomeListener();
  let keyNumber = 0;

  options.progress('starting the stand-in for AWS');
  const cloud = await startCloud(visibilityTimeoutS, SETTINGS);
  cloud.onEvent(outcomes.hear);
  const aws = await startAwsFaults(cloud.url, random);
  const ues = await startUes({
    count: options.ues,
    seed: options.seed,
    nafFqdn: cloud.environment[SENDER_VARIABLE.nafFqdn] ?? '',
    bootstrappedAt: Date.now() - BOOTSTRAPPED_BEFORE_MS,
  });
  const relay = await startLossyRelay(ues.addresses, random);
  const byProxy = cloud.by(aws.url);
  await putUserService(cloud.store, { serviceId: SERVICE_ID, keyGroups: [GROUP] });
  const addressOf = (index: number) => relay.addresses[index % relay.addresses.length] ?? NOWHERE;
  await provisionUes(
    cloud.store,
    SERVICE_ID,
    options.ues,
    (index) => ({ keys: ues.keysOf(index), ueAddress: addressOf(index) }),
    (written) => options.progress(`provisioning UEs: ${written} of ${options.ues}`),
  );

  const endSenders = async (signal: 'SIGKILL' | 'SIGTERM') => {
    await Promise.all(senders.map((sender) => sender.end(signal)));
    senders.length = 0;
  };

  return {
    options,
    random,
    cloud,
    aws,
    ues,
    relay,
    logFile,
    senders,
    startSender: async ({ environment = {}, clockSkewMs = 0 } = {}) => {
      const sender = await startSenderProcess({
        endpointUrl: aws.url,
        environment: {
          ...cloud.environment,
          [SENDER_VARIABLE.visibilityTimeoutSeconds]: String(visibilityTimeoutS),
          ...options.environment,
          ...environment,
        },
        logFile,
        clockSkewMs,
      });
      senders.push(sender);
      return sender;
    },
    reset: async () => {
      await endSenders('SIGKILL');
      relay.setFaults(NO_FAULTS);
      relay.tap(undefined);
      ues.putOutOfReach(() => false);
      ues.forget();
      aws.setFaults(NO_AWS_FAULTS);
      aws.forget();
    },
    newMsk: async () => {
      keyNumber += 1;
      const msk = new SecretKey(randomBytes(16));
      await putMsk(cloud.store, GROUP, { keyNumber, msk, validity: { seql: 0, sequ: 0xffff } });
      return formatMskId(mskId(GROUP.keyGroup, keyNumber));
    },
    push: async (id, perSecond) => {
      const about = { eventId: randomUUID(), now: Date.now() };
      const target = { serviceId: SERVICE_ID };
      const data = { keyDomainId: GROUP.keyDomainId, mskId: id, target, pacing: { perSecond } };
      await publishEvents(byProxy.bus, [newEvent('Push MSK', data, about)]);
      const pushId = about.eventId;
      return { pushId, mskId: id, askedAt: about.now, outcomes: outcomes.of(pushId) };
    },
    close: async () => {
      await endSenders('SIGKILL');
      await aws.close();
      await relay.close();
      await ues.close();
      await cloud.close();
    },
  };
}

const SETTINGS = { edge: { type: 'none' } } as const;
const NOWHERE = { address: '127.0.0.1', port: 9 };

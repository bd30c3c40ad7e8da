import { randomBytes, randomUUID } from 'node:crypto';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { openBusClient } from '../../../functions/aws-calls/bus-client.ts';
import { openTableClient } from '../../../functions/aws-calls/table-client.ts';
import type { DetailType, EventInput } from '../../../lib/events/contracts.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { publishEvents } from '../../../lib/events/publish.ts';
import { formatMskId, mskId } from '../../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { createKeyStore } from '../../../lib/store/create-key-store.ts';
import { loadKeyGroup, putMsk } from '../../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { cancelPush } from '../../../lib/store/ledger/cancel-push.ts';
import { blockSubscriber, unblockSubscriber } from '../../../lib/store/registration/block.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { Machine } from '../virtual/machine.ts';
import { KEY_ARN, TABLE_NAME } from '../world/aws.ts';
import type { World } from '../world/world.ts';
import { GROUP, SERVICES } from './names.ts';
import type { SimulatedUe } from './ues.ts';

/** Who sees an error of a command gives it again after this time, in ms. */
const AGAIN_AFTER_MS = 5000;

/** An operator at the command line: the store and the bus, by the code that the command line has. */
export class Operator {
  readonly machine = new Machine('operator', 0);
  readonly store: KeyStore;
  readonly #world: World;
  readonly #eventBridge: EventBridgeClient;

  constructor(world: World) {
    this.#world = world;
    const { way } = world.aws;
    this.#eventBridge = openBusClient({ ...way, maxAttempts: 8 });
    this.store = createKeyStore({
      dynamodb: openTableClient({ ...way, maxAttempts: 8 }),
      tableName: TABLE_NAME,
      kms: () => new KMSClient({ ...way, maxAttempts: 8 }),
      keyArn: KEY_ARN,
    });
  }

  /** Two User Services of one Key Group, and its first MSK. */
  async provision(): Promise<void> {
    for (const serviceId of SERVICES) await putUserService(this.store, { serviceId, keyGroups: [GROUP] });
    const msk = new SecretKey(randomBytes(16));
    await putMsk(this.store, GROUP, { keyNumber: 1, msk, validity: FULL_VALIDITY });
  }

  /** @returns the idempotency key, which is the ID of a push */
  async ask<T extends DetailType>(detailType: T, data: EventInput<T>): Promise<string> {
    const eventId = randomUUID();
    const bus = { eventBridge: this.#eventBridge, eventBusName: 'Bus' };
    await publishEvents(bus, [newEvent(detailType, data, { eventId, now: Date.now() })]);
    this.#world.trace.note('operator', `asks ${detailType} ${eventId}`);
    return eventId;
  }

  /** The ID of the MSK that is in use. */
  async currentMskId(): Promise<string> {
    const group = await loadKeyGroup(this.store, GROUP);
    return formatMskId(mskId(GROUP.keyGroup, group?.currentKeyNumber ?? 0));
  }

  cancel(pushId: string): Promise<unknown> {
    return cancelPush(this.store, pushId, { now: Date.now(), id: randomBytes(8).toString('hex') });
  }

  /** Blocks a UE, unless somebody is at it. @returns whether it is blocked */
  async block(ue: SimulatedUe): Promise<boolean> {
    if (ue.isInOperation) return false;
    ue.isInOperation = true;
    if (!ue.isBlocked) ue.unblocked = ue.change();
    ue.isBlocked = true;
    await this.#persist(() => blockSubscriber(this.store, ue.impi, Date.now()));
    ue.blockedSince = this.#world.scheduler.now;
    ue.isInOperation = false;
    return true;
  }

  async unblock(ue: SimulatedUe): Promise<void> {
    if (ue.isInOperation || !ue.isBlocked) return;
    ue.isInOperation = true;
    ue.blockedSince = undefined;
    await this.#persist(() => unblockSubscriber(this.store, ue.impi, Date.now()));
    ue.isBlocked = false;
    await ue.bootstrapAnew();
    ue.unblocked();
    ue.isInOperation = false;
  }

  /** Gives a command until it succeeds. */
  #persist(command: () => Promise<unknown>): Promise<void> {
    const { scheduler, trace } = this.#world;
    return scheduler.as(this.machine, async () => {
      for (;;)
        try {
          await command();
          return;
        } catch (error) {
          trace.note('operator', `gives the command again: ${String(error)}`);
          await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
        }
    });
  }
}

import { randomBytes, randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { openTableClient } from '../../../functions/aws-calls/table-client.ts';
import type { DetailType, EventInput } from '../../../lib/events/contracts.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { publishEvents } from '../../../lib/events/publish.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { createKeyStore } from '../../../lib/store/create-key-store.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { Machine } from '../virtual/machine.ts';
import { KEY_ARN, TABLE_NAME } from '../world/aws.ts';
import type { World } from '../world/world.ts';
import { GROUP, SERVICES } from './names.ts';

/** An operator at the command line: the store and the bus, by the code that the command line has. */
export class Operator {
  readonly machine = new Machine('operator', 0);
  readonly store: KeyStore;
  readonly #world: World;
  readonly #eventBridge: EventBridgeClient;

  constructor(world: World) {
    this.#world = world;
    const { way } = world.aws;
    this.#eventBridge = new EventBridgeClient({ ...way, maxAttempts: 8 });
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
}

import { randomBytes } from 'node:crypto';
import { bodyOfInput } from '../../../functions/aws-calls/table-codec.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { Ue } from '../../../lib/ue/ue.ts';
import { itemsOfUe, newKeys } from '../../provisioned-ue.ts';
import { Machine } from '../virtual/machine.ts';
import { impiOf, KEY_DOMAIN_ID } from './names.ts';
import type { Surroundings } from './ues.ts';
import { associationOf, KEY_MANAGEMENT_URL } from './ues.ts';

/** Its User Service has so many Key Groups, and each of its requests asks for the MSKs of all. */
const KEY_GROUPS = 40;
const REQUESTS = 30;
const FIRST_KEY_GROUP = 0x0100;
const SERVICE_ID = 'urn:example:many';
const INDEX = 60_000;

/** A UE that asks for more than anyone needs, and answers no message. */
export class GreedyUe {
  readonly #ue: Ue;

  private constructor(ue: Ue) {
    this.#ue = ue;
  }

  /** Provisions its User Service, and begins to ask. */
  static async begin(around: Surroundings): Promise<GreedyUe> {
    const { world, operator, keyRequests, watch } = around;
    await world.do(operator.machine, () => provision(around));
    const keys = { ...newKeys(impiOf(INDEX), world.trueTime()), expiresAt: world.trueTime() + 86_400_000 };
    watch.learn(keys);
    const listen = { address: '100.127.0.1', port: 2269 };
    const services = new Set([SERVICE_ID]);
    const provisioned = { keys, ueAddress: listen, registered: services, subscribed: services };
    const items = await world.do(operator.machine, () => itemsOfUe(operator.store, provisioned));
    for (const item of items) world.aws.table.put(JSON.parse(bodyOfInput(item)));
    const machine = new Machine('greedy-ue', world.scheduler.now);
    const ue = world.scheduler.as(machine, () => {
      const socket = world.network.open(listen);
      socket.isMuted = true;
      const post = keyRequests.postFrom(() => listen.address);
      const randomOctets = (length: number) => randomBytes(length);
      const association = associationOf(keys);
      const keyManagementUrl = KEY_MANAGEMENT_URL;
      return new Ue({ association, keyManagementUrl, listen, randomOctets, onEvent: () => {}, post }, socket);
    });
    world.scheduler.as(machine, () => ask(ue));
    return new GreedyUe(ue);
  }

  close(): void {
    void this.#ue.close();
  }
}

async function provision({ operator }: Surroundings): Promise<void> {
  const keyGroups = Array.from({ length: KEY_GROUPS }, (_, index) => ({
    keyDomainId: KEY_DOMAIN_ID,
    keyGroup: FIRST_KEY_GROUP + index,
  }));
  await putUserService(operator.store, { serviceId: SERVICE_ID, keyGroups });
  for (const group of keyGroups)
    await putMsk(operator.store, group, {
      keyNumber: 1,
      msk: new SecretKey(randomBytes(16)),
      validity: FULL_VALIDITY,
    });
}

function ask(ue: Ue): void {
  const keys = Array.from({ length: KEY_GROUPS }, (_, index) => ({
    keyDomainId: KEY_DOMAIN_ID,
    mskId: mskId(FIRST_KEY_GROUP + index, 0),
  }));
  for (let request = 0; request < REQUESTS; request++) ue.requestMsks(keys).catch(() => {});
}

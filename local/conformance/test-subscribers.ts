import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { conformanceProfileOf } from '../../cli/conformance/profile.ts';
import type { DeployedBmsc } from '../../cli/stack.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';

/** Octets of a Ks_NAF and of an MSK. */
const NAF_KEY_LENGTH = 32;
const MSK_LENGTH = 16;

const DOMAIN = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
const GRANTED = 0x00c0;
const REFUSED = 0x00c1;
const SERVICES = { subscribed: 'urn:example:conformance', notSubscribed: 'urn:example:conformance:other' };
const KEY_NUMBERS = [4, 5];

/** How long the keys of the first subscriber live, and those of the second, which are outlived; in ms. */
const LIFETIME_MS = 3_600_000;
const SHORT_LIFETIME_MS = 20_000;

/** From a command on the bus until the sender has acted on it, in ms. */
const BUS_MS = 500;

/** By what the local system is tested: its sender repeats a message after 2 s. */
export const PROFILE = conformanceProfileOf(
  {
    services: SERVICES,
    keys: {
      granted: `${DOMAIN}/${formatKeyGroup(GRANTED)}`,
      specific: `${formatKeyGroup(GRANTED)}0004`,
      refused: `${DOMAIN}/${formatKeyGroup(REFUSED)}`,
    },
    times: { delivery: 5000, quiet: 1000, repeat: 3500 },
  },
  'the profile of the local system',
);

/** Provisions User Services, MSKs and two subscribers; the keys of the second live shortly. */
export async function provisionTestSubscribers(store: KeyStore) {
  for (const [serviceId, keyGroup] of [
    [SERVICES.subscribed, GRANTED],
    [SERVICES.notSubscribed, REFUSED],
  ] as const) {
    const group = { keyDomainId: DOMAIN, keyGroup };
    await putUserService(store, { serviceId, keyGroups: [group] });
    for (const keyNumber of KEY_NUMBERS)
      await putMsk(store, group, {
        keyNumber,
        msk: new SecretKey(randomBytes(MSK_LENGTH)),
        validity: FULL_VALIDITY,
      });
  }
  const first = await provisionSubscriber(store, LIFETIME_MS);
  return [first, await provisionSubscriber(store, SHORT_LIFETIME_MS)] as const;
}

async function provisionSubscriber(store: KeyStore, lifetimeMs: number) {
  const bootstrappedAt = Date.now();
  const keys = {
    btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
    impi: parseImpi(`${randomBytes(6).toString('hex')}@home1.net`),
    gbaType: 'GBA_ME',
    ...mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(NAF_KEY_LENGTH)) }),
    bootstrappedAt,
    expiresAt: bootstrappedAt + lifetimeMs,
  } as const;
  await putSubscription(store, keys.impi, SERVICES.subscribed);
  await putAssociation(store, keys);
  return keys;
}

/** Commands on the bus about one subscriber. */
export function stimuliOf({ bus }: DeployedBmsc, impi: Impi) {
  const about = () => ({ eventId: randomUUID(), now: Date.now() });
  const keyGroup = formatKeyGroup(GRANTED);
  const target = { ues: [impi] };
  return {
    solicit: async () => {
      const data = { keyDomainId: DOMAIN, keyGroup, target };
      await publishEvents(bus, [newEvent('Solicit MSK Pull', data, about())]);
      await delay(BUS_MS);
    },
    push: async () => {
      const data = { keyDomainId: DOMAIN, mskId: `${keyGroup}0005`, target };
      await publishEvents(bus, [newEvent('Push MSK', data, about())]);
      await delay(BUS_MS);
    },
  };
}

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeployedBmsc } from '../cli/stack.ts';
import { keyDomainIdOfPlmn } from '../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../lib/keys/msk-validity.ts';
import { SecretKey } from '../lib/keys/secret-key.ts';
import { putMsk } from '../lib/store/key-group/key-group.ts';
import { putSubscription } from '../lib/store/registration/subscriber.ts';
import { putUserService } from '../lib/store/registration/user-service.ts';
import { akmaAssociationOf } from '../lib/ue/bootstrapping/associations.ts';
import { SimAssociations } from '../lib/ue/bootstrapping/sim-associations.ts';
import type { SimProfile } from '../lib/ue/bootstrapping/sim-profile.ts';
import type { UeSecurityAssociation } from '../lib/ue/security-association.ts';
import { startUe } from '../lib/ue/ue.ts';
import type { StandIns } from './network.ts';
import type { LocalSystem } from './system.ts';

/** How long an MSK may take, in ms. */
const MSK_MS = 5000;

const SERVICE_ID = 'urn:example:mbms:kinds-of-keys';
const GROUP = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: 0x0002 };

/** A kind of keys: which SIM has it, and over which of the stand-ins the BM-SC fetches it. */
interface Kind {
  readonly name: string;
  readonly isOf: (sim: SimProfile) => boolean;
  readonly associate: (sim: SimProfile) => Promise<UeSecurityAssociation | undefined>;
}

/**
 * UEs that no table knows, one for each further kind of keys: GBA_ME over Diameter Zn, GBA_U over Nbsp_GBA
 * and over Zn, AKMA. Each registers and is sent the MSK; prints a line for each with `say`.
 * @returns whether each has the MSK of the BM-SC
 */
export async function demonstrateKindsOfKeys(
  system: LocalSystem,
  { nbsp, zn, sims }: StandIns,
  { bmsc, say }: { readonly bmsc: DeployedBmsc; readonly say: (line: string) => void },
): Promise<boolean> {
  const { nafFqdn } = system;
  const byGba = (bsf: StandIns['nbsp']) => (sim: SimProfile) =>
    new SimAssociations(sim, {
      bsfUrl: bsf.ubUrl,
      nafFqdn,
      randomOctets: (length) => randomBytes(length),
    }).bootstrap();
  const kinds: readonly Kind[] = [
    { name: 'GBA_ME over Zn  ', isOf: ({ gbaU, akma }) => !gbaU && akma === undefined, associate: byGba(zn) },
    { name: 'GBA_U over Nbsp ', isOf: ({ gbaU }) => gbaU, associate: byGba(nbsp) },
    { name: 'GBA_U over Zn   ', isOf: ({ gbaU }) => gbaU, associate: byGba(zn) },
    {
      name: 'AKMA over Naanf ',
      isOf: ({ akma }) => akma !== undefined,
      associate: async ({ akma }) => akma && akmaAssociationOf(akma, nafFqdn),
    },
  ];
  const msk = new SecretKey(randomBytes(16));
  await putUserService(bmsc.store, { serviceId: SERVICE_ID, keyGroups: [GROUP] });
  await putMsk(bmsc.store, GROUP, { keyNumber: 1, msk, validity: FULL_VALIDITY }, { replace: true });
  say('8 other keys  UEs that no table knows register, each with another kind of keys:');
  let isGood = true;
  for (const { name, isOf, associate } of kinds) {
    const sim = sims.find(isOf);
    const association = sim && (await associate(sim));
    if (sim === undefined || association === undefined) continue;
    await putSubscription(bmsc.store, sim.impi, SERVICE_ID);
    const holds = await getsMsk(system, association, msk);
    isGood &&= holds;
    say(`              ${name}${association.btid}: ${holds ? 'has the MSK' : 'FAILED'}`);
  }
  return isGood;
}

/** Registers a UE with an association that no table has, and waits for its MSK. */
async function getsMsk(
  { keyManagementUrl, payloadProfile, host }: LocalSystem,
  association: UeSecurityAssociation,
  msk: SecretKey,
): Promise<boolean> {
  const ue = await startUe({
    association,
    keyManagementUrl: new URL(keyManagementUrl),
    payloadProfile,
    listen: { address: host.loopback, port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
  });
  try {
    await ue.register([SERVICE_ID]);
    const deadline = Date.now() + MSK_MS;
    while (Date.now() < deadline && ue.ring.list().length === 0) await delay(10);
    return ue.ring.list().some((held) => held.msk.equals(msk));
  } finally {
    await ue.close();
  }
}

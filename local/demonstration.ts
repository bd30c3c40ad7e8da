import { randomBytes } from 'node:crypto';
import { describeUeEvent } from '../cli/commands/ue/describe-event.ts';
import { findBmsc } from '../cli/stack.ts';
import { newEvent } from '../lib/events/envelope.ts';
import { publishEvents } from '../lib/events/publish.ts';
import { btidOf } from '../lib/gba/btid.ts';
import { parseImpi } from '../lib/gba/impi.ts';
import { mukAndMrkOf } from '../lib/gba/mbms-keys.ts';
import { keyDomainIdOfPlmn } from '../lib/keys/key-domain-id.ts';
import { formatMskId, mskId } from '../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../lib/keys/msk-validity.ts';
import { SecretKey } from '../lib/keys/secret-key.ts';
import { putMsk } from '../lib/store/key-group/key-group.ts';
import { putAssociation, putSubscription } from '../lib/store/registration/subscriber.ts';
import { putUserService } from '../lib/store/registration/user-service.ts';
import type { HeldMsk } from '../lib/ue/key-ring.ts';
import { startUe, type UeEvent } from '../lib/ue/ue.ts';
import type { LocalSystem } from './system.ts';

/** How long a step of the demonstration may take, in ms. */
const STEP_MS = 5000;

const SERVICE_ID = 'urn:example:mbms:demonstration';
const KEY_GROUP = 0x0001;

/**
 * The main job, end to end: provision, register, ask, push, solicit; each step said in a line.
 * @returns whether the UE ended with the very keys that the BM-SC holds
 */
export async function demonstrate(system: LocalSystem, say: (line: string) => void): Promise<boolean> {
  const { stackName: stack, endpointUrl } = system;
  const { store, bus } = await findBmsc({ stack, endpointUrl, local: true });
  const about = () => ({ eventId: randomBytes(16).toString('hex'), now: Date.now() });
  const impi = parseImpi('001010123456789@ims.mnc001.mcc001.3gppnetwork.org');
  const keyDomainId = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
  const msks = [1, 2, 3].map((keyNumber) => ({
    keyNumber,
    msk: new SecretKey(randomBytes(16)),
    validity: FULL_VALIDITY,
  }));
  const [first, second, third] = msks;
  if (first === undefined || second === undefined || third === undefined) return false;

  await putUserService(store, { serviceId: SERVICE_ID, keyGroups: [{ keyDomainId, keyGroup: KEY_GROUP }] });
  await putMsk(store, { keyDomainId, keyGroup: KEY_GROUP }, first);
  await putSubscription(store, impi, SERVICE_ID);
  const now = Date.now();
  await putAssociation(store, {
    btid,
    impi,
    gbaType: 'GBA_ME',
    ...keys,
    bootstrappedAt: now,
    expiresAt: now + 3_600_000,
  });
  say(
    `1 provision   User Service ${SERVICE_ID}, Key Domain ${keyDomainId} (MCC 001 MNC 01), Key Group 0001, MSK 00010001`,
  );
  say(`              subscriber ${impi}, B-TID ${btid}`);

  const heard: UeEvent[] = [];
  const ue = await startUe({
    association: { btid, nafFqdn: system.nafFqdn, ...keys },
    keyManagementUrl: new URL(system.keyManagementUrl),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => {
      heard.push(event);
      say(`              UE: ${describeUeEvent(event).text}`);
      if (event.kind === 'received') say(`                  ${anatomyOf(event.octets)}`);
    },
  });
  const delivered: string[] = [];
  system.onEvent((event) => {
    if (event['detail-type'] !== 'MSK Delivered') return;
    const { data } = event.detail as { data: { ues: string[]; mskId: string } };
    if (!data.ues.includes(impi)) return;
    delivered.push(data.mskId);
    say(`              bus: MSK Delivered ${data.mskId}, its verification message checked`);
  });
  const count = (kind: string) =>
    heard.filter((event) => event.kind === 'received' && event.message.kind === kind).length;

  try {
    const registered = await ue.register([SERVICE_ID]);
    say(
      `2 register    POST ${system.keyManagementUrl}?requesttype=register, Digest auth-int: ${codesOf(registered)}`,
    );
    await until(() => count('msk') >= 1, 'the MSK after registration');

    const requested = await ue.requestMsks([{ keyDomainId, mskId: mskId(KEY_GROUP, 0) }]);
    say(`3 MSK request MSK ID 00010000 (current): ${codesOf(requested)}`);
    await until(() => count('msk') >= 2, 'the MSK that was asked for');

    await putMsk(store, { keyDomainId, keyGroup: KEY_GROUP }, second);
    await publishEvents(bus, [
      newEvent(
        'Push MSK',
        { keyDomainId, mskId: formatMskId(mskId(KEY_GROUP, second.keyNumber)), target: { ues: [impi] } },
        about(),
      ),
    ]);
    say('4 push        event Push MSK 00010002 on the bus');
    await until(() => count('msk') >= 3, 'the MSK that was pushed');

    await putMsk(store, { keyDomainId, keyGroup: KEY_GROUP }, third);
    await publishEvents(bus, [
      newEvent('Solicit MSK Pull', { keyDomainId, keyGroup: '0001', target: { ues: [impi] } }, about()),
    ]);
    say(
      '5 solicit     event Solicit MSK Pull on the bus: the UE is to ask for the current MSK, now 00010003',
    );
    await until(() => count('solicited-pull') >= 1 && count('msk') >= 4, 'the MSK after the solicited pull');
    await until(() => delivered.length >= 4, 'the verification of every MSK');
  } finally {
    await ue.close();
  }
  const held = ue.ring.list();
  const matches = [second, third].every((msk) => holds(held, msk.keyNumber, msk.msk)) && held.length === 2;
  const ids = held.map((msk) => formatMskId(msk.mskId)).join(' and ');
  say(
    matches
      ? `6 done        the UE holds ${ids}; the keys match on both sides`
      : '6 FAILED      the keys do not match',
  );
  return matches;
}

function holds(held: readonly HeldMsk[], keyNumber: number, msk: SecretKey): boolean {
  return held.some((each) => each.mskId.keyNumber === keyNumber && each.msk.equals(msk));
}

/** The octets that tell what a MIKEY message is: version, data type, V-bit, CSB ID, and the length. */
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
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

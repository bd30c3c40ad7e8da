import fc from 'fast-check';
import {
  type DetailType,
  type EventInput,
  KEY_EXPORT_REFUSALS,
  MBS_SESSION_FAILURES,
  MBS_SESSION_RELEASES,
  MBS_SESSION_UPDATES,
  PROVISIONING_REFUSALS,
  PUSH_REFUSALS,
  ROTATION_REFUSALS,
} from '../../lib/events/contracts.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const impi = digits(15).map((imsi) => `${imsi}@ims.mnc001.mcc001.3gppnetwork.org`);
const bTid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((rand): string => btidOf({ rand, bsfName: 'bsf.home1.net' }));
const keyDomainId = fc
  .record({ mcc: digits(3), mnc: fc.oneof(digits(2), digits(3)) })
  .map((plmn): string => keyDomainIdOfPlmn(plmn));
const number16 = fc.integer({ min: 0, max: 0xffff });
const mskId = fc.record({ keyGroup: number16, keyNumber: number16 }).map(formatMskId);
const keyGroup = number16.map((group) => group.toString(16).padStart(4, '0'));
const serviceIds = fc.array(fc.webUrl(), { minLength: 1, maxLength: 64 });
const ues = fc.array(impi, { maxLength: 20 });
const target = fc.oneof(
  fc.record({ ues: fc.array(impi, { minLength: 1, maxLength: 20 }) }),
  fc.record({ serviceId: fc.webUrl() }),
  fc.constant({ allHolders: true } as const),
  fc.record({ undeliveredOf: fc.uuid() }),
);
const reason = fc.string();
const validity = fc
  .tuple(number16, number16)
  .map(([one, other]) => ({ seql: Math.min(one, other), sequ: Math.max(one, other) }));

const pushId = fc.string();
const positive = fc.double({ min: 0.01, max: 1_000_000, noNaN: true });
const pacing = fc.record(
  { perSecond: positive, perPrefixPerSecond: positive, spreadSeconds: fc.integer({ min: 0, max: 3600 }) },
  { requiredKeys: [] },
);
const count = fc.nat();
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
  .map((date) => date.toISOString());
const progress = fc.record({
  pushId,
  kind: fc.constantFrom('msk', 'solicited-pull'),
  keyDomainId,
  mskId,
  startedAt: time,
  expected: count,
  delivered: count,
  verified: count,
  sent: count,
  failed: fc.dictionary(fc.constantFrom('not-verified', 'not-sent', 'unknown-msk', 'no-address'), count),
});

const mbsContext = { session: fc.string(), keyDomainId, keyGroup, mskIds: fc.array(mskId, { maxLength: 2 }) };
const recipient = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const refusedRequest = { request: fc.string(), requestId: fc.string(), message: fc.string() };

/** The data that each event may have, as it travels. */
export const DATA: { readonly [T in DetailType]: fc.Arbitrary<EventInput<T>> } = {
  'MSK Request Granted': fc.record({
    impi,
    bTid,
    msks: fc.array(fc.record({ keyDomainId, mskId }), { minLength: 1, maxLength: 64 }),
  }),
  'Push MSK': fc.record(
    { keyDomainId, mskId, target, verification: fc.boolean(), pacing },
    { requiredKeys: ['keyDomainId', 'mskId', 'target', 'pacing'] },
  ),
  'Solicit MSK Pull': fc.record({ keyDomainId, keyGroup, target, pacing }),
  'UE Registered': fc.record({ impi, bTid, serviceIds }),
  'UE Deregistered': fc.record({ impi, bTid, serviceIds }),
  'MSK Delivered': fc.record({ pushId, keyDomainId, mskId, ues }),
  'MSK Delivery Failed': fc.record({
    pushId,
    keyDomainId,
    mskId,
    ues: fc.array(fc.record({ impi, reason }), { maxLength: 20 }),
  }),
  'MSK Pull Solicited': fc.record({ pushId, keyDomainId, keyGroup, ues }),
  'MSK Push Progressed': progress,
  'MSK Push Completed': progress,
  'Rotate MSK': fc.record(
    { keyDomainId, keyGroup, leadTimeSeconds: fc.nat({ max: 2_592_000 }), validity },
    { requiredKeys: ['keyDomainId', 'keyGroup'] },
  ),
  'Import MSK': fc.record(
    {
      keyDomainId,
      mskId,
      wrappedKey: fc
        .uint8Array({ minLength: 3, maxLength: 300 })
        .map((octets) => Buffer.from(octets).toString('base64')),
      leadTimeSeconds: fc.nat({ max: 2_592_000 }),
      validity,
      mtkId: fc.nat({ max: 0xffff }),
    },
    { requiredKeys: ['keyDomainId', 'mskId', 'wrappedKey'] },
  ),
  'MTK Imported': fc.record({ keyDomainId, mskId, mtkId: fc.nat({ max: 0xffff }) }),
  'Activate MSK': fc.record({ keyDomainId, mskId }),
  'Revoke MSK': fc.record({ keyDomainId, mskId }),
  'MSK Prepared': fc.record({ keyDomainId, mskId, activateAt: fc.constant('2026-11-23T00:00:00.000Z') }),
  'MSK Rotated': fc.record({ keyDomainId, mskId }),
  'MSK Revoked': fc.record({ keyDomainId, mskId, currentMskId: mskId }),
  'MSK Rotation Refused': fc.record({
    keyDomainId,
    keyGroup,
    reason: fc.constantFrom(...ROTATION_REFUSALS),
    ...refusedRequest,
  }),
  'Provision Subscription': fc.record({ impi, serviceId: fc.webUrl() }),
  'Withdraw Subscription': fc.record({ impi, serviceId: fc.webUrl() }),
  'Provision Association': fc.record({
    impi,
    bTid,
    gbaType: fc.constantFrom('GBA_ME', 'GBA_U'),
    wrappedKey: fc
      .uint8Array({ minLength: 3, maxLength: 300 })
      .map((octets) => Buffer.from(octets).toString('base64')),
    mrkRule: fc.constantFrom('ks-ext-naf', 'derived'),
    bootstrappedAt: time,
    expiresAt: time,
    replace: fc.boolean(),
  }),
  'Subscription Provisioned': fc.record({ impi, serviceId: fc.webUrl() }),
  'Subscription Withdrawn': fc.record({ impi, serviceId: fc.webUrl() }),
  'Association Provisioned': fc.record({ impi, bTid, expiresAt: time }),
  'Provisioning Refused': fc.record({ reason: fc.constantFrom(...PROVISIONING_REFUSALS), ...refusedRequest }),
  'Keys Exported': fc.record({
    keyDomainId,
    keyGroup,
    recipient,
    mskIds: fc.array(mskId, { maxLength: 2 }),
    mtkIds: fc.array(fc.nat({ max: 0xffff }), { maxLength: 2 }),
    requestId: fc.string(),
  }),
  'Key Export Refused': fc.record({
    keyDomainId,
    keyGroup,
    recipient,
    reason: fc.constantFrom(...KEY_EXPORT_REFUSALS),
    message: fc.string(),
    requestId: fc.string(),
  }),
  'MBS Security Context Changed': fc.record(mbsContext),
  'MBS Session Updated': fc.record({ ...mbsContext, how: fc.constantFrom(...MBS_SESSION_UPDATES) }),
  'MBS Session Update Failed': fc.record({
    ...mbsContext,
    reason: fc.constantFrom(...MBS_SESSION_FAILURES),
    status: fc.integer({ min: 400, max: 599 }),
    cause: fc.string(),
    message: fc.string(),
    retryAt: time,
  }),
  'MBS Session Released': fc.record({
    session: fc.string(),
    keyDomainId,
    keyGroup,
    why: fc.constantFrom(...MBS_SESSION_RELEASES),
  }),
  'MSK Push Refused': fc.record({ pushId, reason: fc.constantFrom(...PUSH_REFUSALS), ...refusedRequest }),
};

/** Parsed data with its identifiers written as they travel. */
export function asText(parsed: unknown): unknown {
  if (Array.isArray(parsed)) return parsed.map(asText);
  if (typeof parsed !== 'object' || parsed === null) return parsed;
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => {
      if (name === 'mskId' || name === 'currentMskId') return [name, formatMskId(value)];
      if (name === 'mskIds') return [name, value.map(formatMskId)];
      if (name === 'keyGroup') return [name, Number(value).toString(16).padStart(4, '0')];
      return [name, asText(value)];
    }),
  );
}

import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeMskMessage, encodeSolicitedPullMessage, type MukAddressing } from '../../lib/mikey/index.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';

const NAF_FQDN = 'bmsc.home1.net';
const NOW = Date.UTC(2026, 10, 23);
const keyDomainId = parseKeyDomainId('00f110');

let receiver: MikeyReceiver;
let counter = 0;

beforeEach(() => {
  receiver = new MikeyReceiver(new KeyRing(), () => NOW);
});

/** The result of a bootstrapping at the UE. */
function bootstrap(expiresAt?: number): UeSecurityAssociation {
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const [muk, mrk] = [new SecretKey(randomBytes(32)), new SecretKey(randomBytes(32))];
  return { btid, nafFqdn: NAF_FQDN, muk, mrk, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function addressing({ btid, muk }: UeSecurityAssociation): MukAddressing {
  counter += 1;
  const rand = randomBytes(16);
  return { muk, csbId: counter, rand, counter, bmscId: nafId(NAF_FQDN), ueId: Buffer.from(btid) };
}

const pull = (association: UeSecurityAssociation) =>
  encodeSolicitedPullMessage({ ...addressing(association), keyDomainId, keyGroup: 1 });
const msk = (association: UeSecurityAssociation) =>
  encodeMskMessage({
    ...addressing(association),
    keyDomainId,
    mskId: mskId(1, 1),
    msk: new SecretKey(randomBytes(16)),
    validity: FULL_VALIDITY,
    verificationRequested: false,
  });
const kindOf = (octets: Uint8Array) => {
  const received = receiver.receive(octets);
  return received.kind === 'refused' ? received.reason : received.kind;
};

describe('a UE that has bootstrapped anew', () => {
  // @clause TS 31.102 §4.2.81 s1
  test('still understands a solicited pull under the MUK that the BM-SC used last', () => {
    const [old, anew] = [bootstrap(), bootstrap()];
    receiver.use(old);
    expect(kindOf(msk(old))).toBe('msk');
    receiver.use(anew);
    expect(kindOf(pull(old))).toBe('solicited-pull');
    expect(kindOf(pull(anew))).toBe('solicited-pull');
  });

  test('does so after several bootstrappings that the BM-SC never learned of', () => {
    const [old, unknown, anew] = [bootstrap(), bootstrap(), bootstrap()];
    receiver.use(old);
    expect(kindOf(msk(old))).toBe('msk');
    receiver.use(unknown);
    receiver.use(anew);
    expect(kindOf(pull(old))).toBe('solicited-pull');
    expect(kindOf(pull(unknown))).toBe('unknown-muk');
  });

  test('does so where the BM-SC has used the association over HTTP only', () => {
    const [old, unknown, anew] = [bootstrap(), bootstrap(), bootstrap()];
    receiver.use(old);
    receiver.confirm(old.btid);
    receiver.use(unknown);
    receiver.use(anew);
    expect(kindOf(pull(old))).toBe('solicited-pull');
  });

  test('forgets the old MUK once the BM-SC has used the new one', () => {
    const [old, anew] = [bootstrap(), bootstrap()];
    receiver.use(old);
    expect(kindOf(msk(old))).toBe('msk');
    receiver.use(anew);
    expect(kindOf(msk(anew))).toBe('msk');
    expect(kindOf(pull(old))).toBe('unknown-muk');
  });

  test('does not forget it for a message that is not authentic', () => {
    const [old, anew] = [bootstrap(), bootstrap()];
    receiver.use(old);
    expect(kindOf(msk(old))).toBe('msk');
    receiver.use(anew);
    const forged = msk(anew);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(kindOf(forged)).toBe('auth-failure');
    expect(kindOf(pull(old))).toBe('solicited-pull');
  });

  test('takes no solicited pull twice, under either MUK', () => {
    const [old, anew] = [bootstrap(), bootstrap()];
    receiver.use(old);
    const first = pull(old);
    expect(kindOf(first)).toBe('solicited-pull');
    receiver.use(anew);
    expect(kindOf(first)).toBe('replayed');
    const second = pull(anew);
    expect(kindOf(second)).toBe('solicited-pull');
    expect(kindOf(second)).toBe('replayed');
  });

  test('keeps its replay counter when it takes the same association once more', () => {
    const association = bootstrap();
    receiver.use(association);
    const message = msk(association);
    expect(kindOf(message)).toBe('msk');
    receiver.use(association);
    expect(kindOf(message)).toBe('replayed');
  });
});

describe('beyond the key lifetime', () => {
  test('a solicited pull is understood and an MSK is not', () => {
    const expired = bootstrap(NOW);
    receiver.use(expired);
    expect(kindOf(msk(expired))).toBe('expired-muk');
    expect(kindOf(pull(expired))).toBe('solicited-pull');
  });

  test('is not a millisecond before its end', () => {
    const association = bootstrap(NOW + 1);
    receiver.use(association);
    expect(kindOf(msk(association))).toBe('msk');
  });
});

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { runRequirements } from '../../cli/conformance/run.ts';
import { UE_REQUIREMENTS } from '../../cli/conformance/ue/requirements.ts';
import { UeUnderTest } from '../../cli/conformance/ue/subject.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { encodeVerificationMessage, type MikeyMessage, type MukAddressing } from '../../lib/mikey/index.ts';
import { unprotect } from '../../lib/mikey/message/protection.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { newKeys } from '../provisioned-ue.ts';
import { startWrongUe, type UeFault } from './wrong-ue.ts';

const { btid, muk, mrk } = newKeys();
const association: UeSecurityAssociation = { btid, muk, mrk, nafFqdn: 'bmsc.home1.net' };

/** A verification message of a wrong UE: what it answers, with changes, under the right key or another. */
function verification(changes: Partial<MukAddressing>): Pick<UeFault, 'answer'> {
  return {
    answer: (_, { header, timestamp, rand = new Uint8Array(0) }) =>
      encodeVerificationMessage({
        ...{ muk, csbId: header.csbId, rand, counter: timestamp.counter ?? 0 },
        ...{ bmscId: nafId('bmsc.home1.net'), ueId: Buffer.from(btid) },
        ...changes,
      }),
  };
}

function isMacWrong(message: MikeyMessage): boolean {
  try {
    unprotect(message, muk, message.rand ?? new Uint8Array(0));
    return false;
  } catch {
    return true;
  }
}

const idrOf = ({ idr }: MikeyMessage) => Buffer.from(idr?.data ?? []).toString();
const isPullRequest = (url: URL) => url.search.includes('msk-request');

const FAULTS: readonly UeFault[] = [
  { name: 'a wrong password', rule: 'ue-challenge-answered', signing: { password: 'x' } },
  { name: 'auth in place of auth-int', rule: 'ue-qop', signing: { qop: 'auth' } },
  { name: 'the uri without its query', rule: 'ue-uri', signing: { uri: '/keymanagement' } },
  {
    name: 'no product token',
    rule: 'ue-user-agent',
    request: ({ headers }) => ({ headers: { ...headers, 'user-agent': 'phone/1' } }),
  },
  {
    name: 'no requesttype',
    rule: 'ue-requesttype',
    request: ({ url }) =>
      isPullRequest(url) ? {} : { url: new URL(String(url).replace('requesttype=register&', '')) },
  },
  {
    name: 'XML that is not in Base64',
    rule: 'ue-base64',
    request: ({ url, body }) => (isPullRequest(url) ? {} : { body: Buffer.from(body, 'base64').toString() }),
  },
  { name: 'stale=true is not understood', rule: 'ue-stale', ignoresStale: true },
  { name: 'every request has nonce count 1', rule: 'ue-nonce-count', signing: { nc: 1 } },
  { name: 'the V-bit is not answered', rule: 'ue-verifies', answer: () => undefined },
  { name: 'the answer has another CSB ID', rule: 'ue-verification-csb-id', ...verification({ csbId: 7 }) },
  {
    name: 'the answer has another counter',
    rule: 'ue-verification-counter',
    ...verification({ counter: 7 }),
  },
  {
    name: 'the answer has another IDr',
    rule: 'ue-verification-idr',
    ...verification({ ueId: Buffer.from('x') }),
  },
  {
    name: 'the MAC leaves the identities out',
    rule: 'ue-verification-mac',
    ...verification({ bmscId: new Uint8Array(0) }),
  },
  {
    name: 'everything is verified',
    rule: 'ue-silent-without-v-bit',
    answersToo: ({ header }) => !header.verificationRequested,
  },
  { name: 'the MAC is not checked', rule: 'ue-silent-wrong-mac', answersToo: isMacWrong },
  {
    name: 'the counter is not checked',
    rule: 'ue-silent-replay',
    answersToo: ({ timestamp }) => timestamp.counter === 5,
  },
  {
    name: 'the MUK ID is not checked',
    rule: 'ue-silent-foreign',
    answersToo: (message) => idrOf(message) !== btid,
  },
  { name: 'octets that are no MIKEY end it', rule: 'ue-survives', isFragile: true },
  { name: 'solicited pulls are not followed', rule: 'ue-pull-answered', pulls: 'none' },
  {
    name: 'another MSK than the current one is asked for',
    rule: 'ue-pull-current',
    request: ({ url }) => {
      if (!isPullRequest(url)) return {};
      const mskId = { keyGroup: 0x00fe, keyNumber: 1 };
      return { body: encodeMskRequest([{ keyDomainId: '00f110' as never, mskId }]) };
    },
  },
  {
    name: 'the media type of an MSK request is another',
    rule: 'ue-pull-media-type',
    request: ({ url, headers }) =>
      isPullRequest(url) ? { headers: { ...headers, 'content-type': 'text/xml' } } : {},
  },
  { name: 'the MAC of a solicited pull is not checked', rule: 'ue-pull-wrong-mac', pulls: 'every' },
];

async function outcomesOf(fault: UeFault | undefined) {
  const randomOctets = (length: number) => randomBytes(length);
  const times = { answerMs: 1500, quietMs: 250 };
  const payloadProfile = DEFAULT_PAYLOAD_PROFILE;
  const target = { association, payloadProfile, uePort: 2269, ...times, randomOctets };
  const subject = await UeUnderTest.listen(target, { address: '127.0.0.1', port: 0 });
  const ue = await startWrongUe(
    association,
    new URL(`http://127.0.0.1:${subject.port}/keymanagement`),
    fault,
  );
  try {
    return await runRequirements(UE_REQUIREMENTS, subject, { hostile: false, load: false });
  } finally {
    await ue.close();
    await subject.close();
  }
}

test('our UE meets every requirement', async () => {
  const outcomes = await outcomesOf(undefined);
  expect(
    outcomes.filter(({ result }) => result !== 'pass').map(({ requirement, seen }) => [requirement.id, seen]),
  ).toEqual([]);
});

test.concurrent.each(FAULTS.map((fault) => [fault.name, fault.rule, fault] as const))(
  'a UE is found: %s, by %s alone',
  async (_, rule, fault) => {
    const outcomes = await outcomesOf(fault);
    const found = outcomes.filter(({ result }) => result === 'fail' || result === 'warn');
    expect(found.map(({ requirement, seen }) => `${requirement.id}: ${seen}`)).toEqual([
      expect.stringMatching(`^${rule}: `),
    ]);
  },
  60_000,
);

test('every requirement but the method of HTTP has a UE that breaks it', () => {
  const broken = new Set(FAULTS.map(({ rule }) => rule));
  expect(UE_REQUIREMENTS.filter(({ id }) => !broken.has(id)).map(({ id }) => id)).toEqual(['ue-method']);
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listHolders } from '../../lib/distribution/holders/list-holders.ts';
import { nextPage } from '../../lib/distribution/push/push-source.ts';
import { parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putAnswers } from '../../lib/store/ledger/answers.ts';
import { claimPage } from '../../lib/store/ledger/page-claim.ts';
import { type Push, type PushSource, putPush } from '../../lib/store/ledger/push.ts';
import { type PageOutcome, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { shardOf } from '../../lib/store/registration/shards.ts';
import { putRegistrations } from '../granted-request.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN, GROUP } from './population.ts';

const NOW = Date.UTC(2026, 10, 24);
let table: TestTable;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

function aPush(source: PushSource, pushId = randomBytes(8).toString('hex')): Push {
  return {
    pushId,
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(GROUP.keyGroup, 1),
    verification: undefined,
    pacing: { perSecond: 5 },
    source,
    correlationId: 'cause',
    startedAt: NOW,
    expected: 10,
  };
}

const claimant = (sender: string, now: number) => ({ sender, now, leaseMs: 1000, startedAt: NOW });
const verified = (...impis: string[]): PageOutcome => ({ verified: impis, sent: [], failed: {} });

test('a UE that confirmed an MSK once holds it; of others the latest outcome counts, of pushes and answers', async () => {
  const id = mskId(0x00ff, 1);
  const first = await putPush(table, { ...aPush({ kind: 'listed', ues: [] }), mskId: id });
  await putOutcome(
    table,
    { pushId: first.pushId, chain: 0, page: 0 },
    {
      verified: ['a@home1.net'],
      sent: ['s@home1.net'],
      failed: { 'not-verified': ['b@home1.net', 'c@home1.net', 'd@home1.net'] },
    },
  );
  const second = await putPush(table, {
    ...aPush({ kind: 'undelivered', pushId: first.pushId, chains: 1 }),
    mskId: id,
    startedAt: NOW + 1,
  });
  await putOutcome(
    table,
    { pushId: second.pushId, chain: 0, page: 0 },
    {
      verified: ['b@home1.net'],
      sent: [],
      failed: { 'expired-association': ['c@home1.net'], 'not-verified': ['a@home1.net', 'd@home1.net'] },
    },
  );
  await putAnswers(table, { keyDomainId: DOMAIN, mskId: id }, verified('d@home1.net'), {
    now: NOW,
    id: 'p',
  });
  const holders: Record<string, string> = {};
  for await (const { impi, state } of listHolders(table, DOMAIN, id)) holders[impi] = state;
  expect(holders).toEqual({
    'a@home1.net': 'verified',
    'b@home1.net': 'verified',
    'c@home1.net': 'expired-association',
    'd@home1.net': 'verified',
    's@home1.net': 'sent',
  });
});

test('an MSK that is replaced under its Key Number has no holders from before', async () => {
  const id = mskId(0x00fa, 1);
  const ref = { keyDomainId: DOMAIN, keyGroup: id.keyGroup };
  const newMsk = () => ({ keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
  const states = async () => {
    const found: Record<string, string> = {};
    for await (const { impi, state } of listHolders(table, DOMAIN, id)) found[impi] = state;
    return found;
  };
  const pushTo = async (impi: string, startedAt: number) => {
    const push = await putPush(table, { ...aPush({ kind: 'listed', ues: [] }), mskId: id, startedAt });
    await putOutcome(table, { pushId: push.pushId, chain: 0, page: 0 }, verified(impi));
  };
  await putMsk(table, ref, newMsk());
  await pushTo('a@home1.net', NOW);
  await putAnswers(table, { keyDomainId: DOMAIN, mskId: id }, verified('b@home1.net'), { now: NOW, id: 'p' });
  expect(await states()).toEqual({ 'a@home1.net': 'verified', 'b@home1.net': 'verified' });

  await putMsk(table, ref, newMsk(), { replace: true, now: NOW + 1000 });
  expect(await states()).toEqual({});
  await pushTo('c@home1.net', NOW + 1001);
  const later = { now: NOW + 61_001, id: 'q' };
  await putAnswers(table, { keyDomainId: DOMAIN, mskId: id }, verified('d@home1.net'), later);
  expect(await states()).toEqual({ 'c@home1.net': 'verified', 'd@home1.net': 'verified' });
});

test('UEs of pages without an outcome, and of pages that nobody has claimed, are listed as pending', async () => {
  const id = mskId(0x00fe, 1);
  const impiOf = (index: number) => parseImpi(`${index}@home1.net`);
  for (let index = 0; index < 20; index++)
    await putRegistrations(
      table,
      { impi: impiOf(index), btid: parseBtid(`${index}@bsf.home1.net`), bootstrappedAt: NOW },
      ['urn:ex:one'],
    );
  const first = await putPush(table, {
    ...aPush({ kind: 'services', services: [{ serviceId: 'urn:ex:one', chains: 1 }] }),
    mskId: id,
  });
  const states = async () => {
    const counts: Record<string, number> = {};
    const seen = new Set<string>();
    for await (const { impi, state } of listHolders(table, DOMAIN, id)) {
      expect(seen.has(impi)).toBe(false);
      seen.add(impi);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  };
  expect(await states()).toEqual({ pending: 20 });

  // The first page is settled, the second is a dead letter, and the third was never enqueued.
  let after: string | undefined;
  const pages = [];
  for (const number of [0, 1]) {
    const next = await nextPage(table, first, 0, { after, limit: 6 });
    await claimPage(table, { pushId: first.pushId, chain: 0, page: number }, next.end, claimant('one', NOW));
    pages.push(next.ues.map(({ impi }) => impi));
    after = next.end;
  }
  await putOutcome(table, { pushId: first.pushId, chain: 0, page: 0 }, verified(...(pages[0] ?? [])));
  expect(await states()).toEqual({ verified: 6, pending: 14 });

  // The outcome of another push or answer counts more, even an earlier one.
  const [a = '', b = '', c = ''] = pages[1] ?? [];
  const ues = [a, b, c].map(parseImpi);
  await putPush(table, { ...aPush({ kind: 'listed', ues }), mskId: id, startedAt: NOW + 1 });
  expect(await states()).toEqual({ verified: 6, pending: 14 });
  await putAnswers(
    table,
    { keyDomainId: DOMAIN, mskId: id },
    { ...verified(a), failed: { 'not-verified': [b] } },
    { now: NOW, id: 'q' },
  );
  expect(await states()).toEqual({ verified: 7, 'not-verified': 1, pending: 12 });
  const elsewhere = parseImpi('elsewhere@home1.net');
  await putPush(table, { ...aPush({ kind: 'listed', ues: [elsewhere] }), mskId: id, startedAt: NOW + 2 });
  expect(await states()).toEqual({ verified: 7, 'not-verified': 1, pending: 13 });
});

test('the UEs of a push that was for millions are listed once each, part by part', async () => {
  const id = mskId(0x00fd, 1);
  const source = { kind: 'services', services: [{ serviceId: 'urn:ex:two', chains: 64 }] } as const;
  const push = await putPush(table, { ...aPush(source), mskId: id, expected: 5_000_000 });
  const impis = Array.from({ length: 300 }, (_, index) => parseImpi(`${index}@home1.net`));
  for (let chain = 0; chain < 64; chain++)
    await putOutcome(
      table,
      { pushId: push.pushId, chain, page: 0 },
      verified(...impis.filter((impi) => shardOf(impi) === chain)),
    );
  const asked = parseImpi('asked@home1.net');
  await putAnswers(table, { keyDomainId: DOMAIN, mskId: id }, verified(asked), { now: NOW, id: 'r' });
  const listed: string[] = [];
  for await (const { impi } of listHolders(table, DOMAIN, id)) listed.push(impi);
  expect(listed.toSorted()).toEqual([...impis, asked].toSorted());
});

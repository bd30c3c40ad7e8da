import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { KEY_REQUEST_VARIABLE, SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { loadPush } from '../../lib/store/ledger/push.ts';
import type { Ue } from '../../lib/ue/ue.ts';
import { bootstrap, type LocalBmsc, SERVICE, startLocalBmsc, switchOn } from '../e2e/local-bmsc.ts';
import { bmsc, ROOT, start } from './run.ts';

const RUNBOOKS = readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8');
const PREFIX = 'npm run --silent bmsc -- ';
const ALICE = parseImpi('alice@home1.net');
const BOB = parseImpi('bob@home1.net');
const KEY_DOMAIN_ID = parseKeyDomainId('00f110');
const LOCAL_AWS = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
const folder = mkdtempSync(join(tmpdir(), 'bmsc-runbooks-'));

// Each line is a process of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

let local: LocalBmsc;
/** The lines that no test has carried out. */
const left = new Set(linesOf(RUNBOOKS));

beforeAll(async () => {
  // Nothing listens there: the BSF is down from the beginning.
  const keySources = JSON.stringify({ bsf: { apiRoot: 'http://127.0.0.1:9' }, timeoutSeconds: 1 });
  local = await startLocalBmsc({
    keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: keySources },
    sender: { [SENDER_VARIABLE.retransmissionFirstSeconds]: '6' },
  });
  await local.bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0010');
  await local.bmsc('provision', 'msk', '001-01', '00100001');
  await local.bmsc('provision', 'subscription', ALICE, SERVICE);
  await local.bmsc('provision', 'subscription', BOB, SERVICE);
});
afterAll(async () => {
  await local?.system.close();
  rmSync(folder, { recursive: true });
});

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(PREFIX));
}

/**
 * The lines of a runbook in their order. Each is run as it stands there, but for the system and what `<…>`
 * names.
 */
function runbook(title: string) {
  const section = new RegExp(`^## ${title}$(.*?)(?=^## |(?![\\s\\S]))`, 'ms').exec(RUNBOOKS)?.[1] ?? '';
  const lines = linesOf(section);
  let at = 0;
  return async (named: Readonly<Record<string, string>> = {}, code: number | null = 0): Promise<string> => {
    const line = lines[at++] ?? `no further line of ${title}`;
    left.delete(line);
    const words = Object.entries(named).reduce((text, [name, value]) => text.replace(name, value), line);
    const [command = '', redirected] = words.slice(PREFIX.length).split(' > ');
    expect(command).not.toMatch(/[<>]/);
    const whole = `exec node cli/bmsc.ts ${command} --endpoint-url ${local.system.endpointUrl}`;
    const to = redirected === undefined ? '' : ` > ${join(folder, redirected)}`;
    const finished = await start('sh', ['-c', whole + to]).finished;
    expect(finished, line).toMatchObject({ code });
    return finished.stdout;
  };
}

/** A UE of this subscriber that has bootstrapped and registered, and so has the current MSK. */
async function registered(impi: typeof ALICE) {
  const association = await bootstrap(local, impi);
  const on = await switchOn(local, association);
  // A sender hears within a second that a subscriber is not blocked any more: a UE asks again.
  const has = async () => {
    if (on.ue.ring.list().length === 0) await on.ue.register([SERVICE]);
    return on.ue.ring.list().length;
  };
  await expect.poll(has, { timeout: 30_000, interval: 1500 }).toBeGreaterThan(0);
  return { ...on, association };
}

const keyNumbersOf = ({ ue }: { readonly ue: Ue }) => ue.ring.list().map(({ mskId }) => mskId.keyNumber);
/** The MSK that stands so in the life of the Key Group. */
async function mskThatIs(state: 'current' | 'prepared'): Promise<string> {
  const { msks } = await local.bmsc('show', 'key-group', '001-01', '0010');
  return (msks as { mskId: string; state: string }[]).find((msk) => msk.state === state)?.mskId ?? '';
}
const currentMsk = () => mskThatIs('current');

test('upgrade and roll back: the deployment is healthy, and a push goes through all of it', async () => {
  const alice = await registered(ALICE);
  const upgrade = runbook('Upgrade');
  expect(await upgrade()).toMatch(/^dead letters +0 of the queue, 0 of the rules$/m);
  await upgrade();
  expect(await upgrade()).toMatch(/1 delivered .*done$/m);
  await runbook('Roll back')();
  await alice.ue.close();
});

test('a BSF that is down: known UEs are served, others are told to try again, and keys can be stored by hand', async () => {
  const bsfIsDown = runbook('The BSF is down');
  const bob = await registered(BOB);
  const ksNaf = new SecretKey(randomBytes(32));
  writeFileSync(join(folder, 'ks-naf'), Buffer.from(ksNaf.exposeOctets()).toString('hex'), { mode: 0o600 });
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const { nafFqdn } = local.system;
  const alice = await switchOn(local, { btid, nafFqdn, ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }) });
  await expect(alice.ue.register([SERVICE])).rejects.toMatchObject({ status: 503 });
  expect(await bob.ue.register([SERVICE])).toMatchObject([{ responseCode: 200 }]);

  await bsfIsDown();
  await bsfIsDown({ '<B-TID>': btid, '@ks-naf': `@${join(folder, 'ks-naf')}` });
  expect(await alice.ue.register([SERVICE])).toMatchObject([{ responseCode: 200 }]);
  await alice.ue.close();
  await bob.ue.close();
});

/** Lets the sender refuse a push of an MSK that nobody has provisioned: it becomes a dead letter. */
async function failPush(mskId: string): Promise<void> {
  const before = local.dataOf('MSK Push Refused').length;
  const target = { ues: [ALICE] };
  await local.publish('Push MSK', { keyDomainId: KEY_DOMAIN_ID, mskId, target });
  await local.until('MSK Push Refused', before + 1, 20_000);
}

test('dead letters: their reason is shown, they are given back when it is gone, or discarded', async () => {
  const deadLetters = runbook('Dead letters');
  await failPush('00200001');
  await expect.poll(() => waitingDeadLetters(), { timeout: 10_000 }).toBe(1);
  expect(await deadLetters()).toContain('unknown-key-group');
  await local.bmsc('provision', 'msk', '001-01', '00200001');
  const completed = local.dataOf('MSK Push Completed').length;
  expect(await deadLetters()).toContain('1 dead letter(s) given back');
  await local.until('MSK Push Completed', completed + 1, 20_000);

  await failPush('00300001');
  await expect.poll(() => waitingDeadLetters(), { timeout: 10_000 }).toBe(1);
  const [messageId = ''] = (await listDeadLetters()).match(/[0-9a-f]{8}-[0-9a-f-]{27}/) ?? [];
  await deadLetters({ '<message ID>': messageId });
  expect(await deadLetters()).toMatch(/^dead letters +0 of the queue/m);
});

async function listDeadLetters(): Promise<string> {
  const args = ['redrive', '--list', '--json', '--endpoint-url', local.system.endpointUrl];
  return (await bmsc(...args)).stdout;
}

async function waitingDeadLetters(): Promise<number> {
  return (await listDeadLetters()).split('\n').filter((line) => line.includes('unknown-key-group')).length;
}

test('a push that hangs: it is found, stopped within seconds, and its UEs get the MSK later', async () => {
  const hanging = runbook('A push that hangs');
  const off = await registered(ALICE);
  await off.ue.close();
  const target = { ues: [ALICE] };
  const data = { keyDomainId: KEY_DOMAIN_ID, mskId: '00100001', target };
  await local.publish('Push MSK', data, 'hanging');
  const named = { '<push ID>': 'hanging' };
  await expect.poll(() => hasBegun('hanging'), { timeout: 20_000 }).toBe(true);
  expect(await hanging()).toContain('hanging');
  await hanging(named);
  await hanging();
  await hanging(named);
  const completed = () => local.dataOf('MSK Push Completed').filter(({ pushId }) => pushId === 'hanging');
  await expect.poll(() => completed().length, { timeout: 10_000 }).toBe(1);
  expect(completed()).toMatchObject([{ delivered: 0 }]);

  const on = await switchOn(local, off.association);
  await on.ue.register([SERVICE]);
  await hanging(named);
  expect(on.received().filter((kind) => kind === 'msk').length).toBeGreaterThan(1);
  await on.ue.close();
});

const hasBegun = async (id: string) => (await loadPush(local.store, id)) !== undefined;

test('one MSK may be known: another takes its place at once and reaches the UEs', async () => {
  const known = runbook('One MSK may be known to others');
  const bob = await registered(BOB);
  expect(await currentMsk()).toBe('00100001');
  await known();
  const now = await currentMsk();
  expect(now).not.toBe('00100001');
  expect(await known()).toContain(now);
  await expect
    .poll(() => keyNumbersOf(bob), { timeout: 20_000 })
    .toContain(Number.parseInt(now.slice(4), 16));
  await known({ '<new MSK ID>': now });
  await bob.ue.close();
});

test('one UE in the hands of others: it gets no MSK any more, and the others get the next', async () => {
  const taken = runbook('One UE may be in the hands of others');
  const [alice, bob] = [await registered(ALICE), await registered(BOB)];
  const before = await currentMsk();
  await taken();
  await expect(alice.ue.register([SERVICE])).rejects.toMatchObject({ name: 'UeError' });
  expect(await taken()).toContain('blocked');
  await taken();
  await expect.poll(currentMsk, { timeout: 20_000 }).not.toBe(before);
  const now = Number.parseInt((await currentMsk()).slice(4), 16);
  await expect.poll(() => keyNumbersOf(bob), { timeout: 20_000 }).toContain(now);
  expect(keyNumbersOf(alice)).not.toContain(now);
  await taken();
  const anew = await registered(ALICE);
  for (const { ue } of [alice, bob, anew]) await ue.close();
});

test('the table may have been read: a UE bootstraps anew, and the next MSK is sealed under a new data key', async () => {
  const read = runbook('The table may have been read');
  const alice = await registered(ALICE);
  await read();
  await read();
  expect(readFileSync(join(folder, 'subscribers.jsonl'), 'utf8')).toContain(ALICE);
  const { associations } = JSON.parse(await read());
  expect(associations.map(({ bTid }: { bTid: string }) => bTid)).toContain(alice.association.btid);
  await read({ '<B-TID>': alice.association.btid });
  await expect(alice.ue.register([SERVICE])).rejects.toMatchObject({ name: 'UeError' });
  alice.ue.use(await bootstrap(local, ALICE));
  await alice.ue.register([SERVICE]);
  const had = keyNumbersOf(alice).length;
  await read();
  await expect.poll(() => keyNumbersOf(alice).length, { timeout: 20_000 }).toBeGreaterThan(had);
  await alice.ue.close();
});

test('a restored table has the same keys under another name, and its Key Groups can be rotated', async () => {
  const { dynamodb, tableName } = local.store;
  const alice = await registered(ALICE);
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'restored',
      KeySchema: Table?.KeySchema,
      AttributeDefinitions: Table?.AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists(
    { client: dynamodb, minDelay: 1, maxDelay: 1, maxWaitTime: 20 },
    { TableName: 'restored' },
  );
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: tableName }));
  for (const Item of Items) await dynamodb.send(new PutItemCommand({ TableName: 'restored', Item }));

  const kms = () => new KMSClient({ ...LOCAL_AWS, endpoint: local.system.endpointUrl });
  const keyArn = String(local.system.outputs.EncryptionKeyArn);
  const restored = createKeyStore({ dynamodb, tableName: 'restored', kms, keyArn });
  const association = await loadAssociation(restored, alice.association.btid);
  expect(association?.muk.open().equals(alice.association.muk)).toBe(true);

  // The stack that points at it is another synthesis: its lines are run on this one.
  const restore = runbook('Restore the table');
  expect(await restore()).toContain(SERVICE);
  expect(await restore()).toContain('0010');
  const before = await currentMsk();
  await local.bmsc('activate', '001-01', await mskThatIs('prepared'));
  await restore();
  await expect.poll(currentMsk, { timeout: 20_000 }).not.toBe(before);
  await alice.ue.close();
});

test('every line of the runbooks was carried out', () => {
  expect([...left]).toEqual([]);
});

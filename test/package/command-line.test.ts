import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SENDER_ENTRIES } from '../../cli/emulator/sender-process.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { NODES, Project } from './installation.ts';

const B_TID = 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net';
const [oldest] = NODES;

let system: LocalSystem;
let project: Project;
beforeAll(async () => {
  project = new Project(oldest?.program ?? process.execPath).write('package.json', {});
  project.install(inject('tarball'));
  writeFileSync(join(project.folder, 'ks-naf'), randomBytes(32).toString('hex'));
  system = await startTestSystem();
});
afterAll(async () => {
  await system?.close();
  rmSync(project.folder, { recursive: true, force: true });
});

test('with the package alone a BM-SC is provisioned, and a UE gets its MSK', async () => {
  const bmsc = async (...args: readonly string[]) => {
    const ended = await project.start('npx', 'bmsc', ...args);
    // On Node 20 the SDK of AWS warns that its versions of 2027 will not run there.
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return ended.stdout;
  };
  const local = ['--endpoint-url', system.endpointUrl];
  await bmsc('provision', 'service', 'urn:example:news', '--key-group', '001-01/0010', ...local);
  await bmsc('provision', 'msk', '001-01', '00100001', ...local);
  await bmsc('provision', 'subscription', 'alice@home1.net', 'urn:example:news', ...local);
  await bmsc('provision', 'association', B_TID, 'alice@home1.net', '--ks-naf', '@ks-naf', ...local);
  const ue = ['--service', 'urn:example:news', '--b-tid', B_TID, '--ks-naf', '@ks-naf', '--for', '3'];
  expect(await bmsc('smoke', '--url', system.keyManagementUrl)).toContain(' 0 fault(s)');
  expect(await bmsc('ue', 'run', '--url', system.keyManagementUrl, ...ue)).toMatch(
    /MSK 00100001 .* MAC good/,
  );
});

test('the package has the sender that `bmsc sender` starts', async () => {
  const folder = join(project.folder, 'node_modules/bmsc-key-management');
  expect(SENDER_ENTRIES.filter((entry) => existsSync(join(folder, entry)))).toHaveLength(1);
  const address = ['--endpoint-url', system.endpointUrl];
  const ended = await project.startUntil('sends from udp 127.0.0.1', 'bmsc', 'sender', ...address);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
});

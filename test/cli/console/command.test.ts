import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalSystem } from '../../../local/system.ts';
import { startTestSystem } from '../../local-system.ts';
import { ROOT, start } from '../run.ts';

const sessionSchema = v.object({ session: v.string(), isReadOnly: v.boolean() });

let system: LocalSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system?.close());

test('bmsc console prints a link that opens a session, shows the deployment, and ends at Ctrl-C', async () => {
  const args = ['console', '--read-only', '--json', '--endpoint-url', system.endpointUrl];
  const command = start(process.execPath, [join(ROOT, 'cli/bmsc.ts'), ...args]);
  await expect.poll(command.output, { timeout: 20_000 }).toContain('\n');
  const { url }: { url: string } = JSON.parse(command.output());
  const { origin, hash } = new URL(url);
  expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const opened = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ token: hash.slice('#link='.length) }),
  });
  const { session, isReadOnly } = v.parse(sessionSchema, await opened.json());
  expect(isReadOnly).toBe(true);
  const overview = await fetch(`${origin}/api/overview`, { headers: { Authorization: `Bearer ${session}` } });
  expect(await overview.json()).toMatchObject({
    deployment: { stack: 'BmscService', keyManagementUrl: system.keyManagementUrl },
    work: { waiting: 0, deadLetters: 0 },
    problems: [],
  });
  command.interrupt();
  expect(await command.finished).toMatchObject({ code: 0, stderr: '' });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MESSAGES } from '../mikey/messages.ts';
import { describeWith } from '../peers.ts';
import { pcapOf } from './pcap.ts';
import { TSHARK } from './tshark.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-pcap-'));
const file = join(folder, 'mikey.pcap');
const tshark = (...args: string[]) =>
  execFileSync('tshark', ['-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(TSHARK, 'tshark', () => {
  writeFileSync(file, pcapOf(Object.values(MESSAGES)));

  test('takes every message for MIKEY and finds none malformed', () => {
    const count = Object.keys(MESSAGES).length;
    expect(tshark('-Y', 'mikey').trim().split('\n')).toHaveLength(count);
    expect(tshark('-Y', '_ws.malformed').trim()).toBe('');
  });

  test('reads the payloads that we wrote', () => {
    const rows = tshark('-T', 'fields', '-e', 'mikey.type', '-e', 'mikey.v', '-e', 'mikey.csb_id')
      .trim()
      .split('\n');
    expect(rows).toHaveLength(Object.keys(MESSAGES).length);
    for (const row of rows) expect(row).toContain('0x01020304');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodeMessage } from '../../lib/diameter/index.ts';
import { MESSAGES } from '../diameter/messages.ts';
import { describeWith } from '../peers.ts';
import gba from '../vectors/gba.json' with { type: 'json' };
import { tcpPcapOf } from './pcap.ts';
import { TSHARK } from './tshark.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-pcap-'));
const file = join(folder, 'diameter.pcap');
const tshark = (...args: string[]) =>
  execFileSync('tshark', ['-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const rowsOf = (...fields: string[]) =>
  tshark('-Y', 'diameter', '-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
    .replace(/\n$/, '')
    .split('\n')
    .map((row) => row.split('\t'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(TSHARK, 'tshark', () => {
  const names = Object.keys(MESSAGES);
  writeFileSync(
    file,
    tcpPcapOf(
      3868,
      Object.values(MESSAGES).map((message) => encodeMessage(message)),
    ),
  );

  test('takes every message for Diameter, and finds none malformed and no length wrong', () => {
    expect(rowsOf('diameter.cmd.code')).toHaveLength(names.length);
    expect(tshark('-Y', '_ws.malformed || _ws.expert.severity >= 0x600000').trim()).toBe('');
  });

  test('reads commands, flags and identifiers as we wrote them', () => {
    const expected = Object.values(MESSAGES).map(({ header }) => [
      String(header.command),
      String(header.application),
      header.isRequest ? '1' : '0',
      header.isError ? '1' : '0',
      header.isRetransmission ? '1' : '0',
    ]);
    const flag = (name: string) => `diameter.flags.${name}`;
    const rows = rowsOf(
      'diameter.cmd.code',
      'diameter.applicationId',
      flag('request'),
      flag('error'),
      flag('T'),
    );
    const plain = rows.map((row) => row.map((cell) => cell.replace('True', '1').replace('False', '0')));
    expect(plain).toEqual(expected);
  });

  test('reads the values of AVPs as we wrote them, and knows each by its code and vendor', () => {
    const rows = rowsOf(
      'diameter.ME-Key-Material',
      'diameter.UICC-Key-Material',
      'diameter.Key-ExpiryTime',
      'diameter.Experimental-Result-Code',
      'diameter.Session-Id',
    );
    const row = (name: keyof typeof MESSAGES) => rows[names.indexOf(name)];
    expect(row('bia')?.slice(0, 2)).toEqual([gba.ksNaf, gba.ksIntNaf]);
    expect(row('bia')?.[2]).toContain('Feb  8, 2036');
    expect(row('bia, refused')?.[3]).toBe('5403');
    expect(row('bir')?.[4]).toBe('bmsc.home1.net;1;1');
    expect(tshark('-V')).not.toContain('Unknown AVP');
  });
});

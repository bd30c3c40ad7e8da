import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { DISSECTOR, writeCaptures } from '../../local/captures/write-captures.ts';
import { pcapOf } from '../interop/pcap.ts';
import { TSHARK } from '../interop/tshark.ts';
import { describeWith } from '../peers.ts';
import { type VectorTest, vectorFiles } from '../vectors/data-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-captures-test-'));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fields of the packets that a filter finds, a row each; without the dissector there are no MBMS fields. */
function tshark(capture: string, keys: string, filter: string, ...fields: readonly string[]): string[][] {
  const script = [
    ...['-X', `lua_script:${DISSECTOR}`, '-o', `mbms_mikey.keys:${keys}`, '-d', 'udp.port==5004,rtp'],
    ...['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
  ];
  const columns = fields.flatMap((field) => ['-e', field]);
  const args = [...script, '-r', capture, '-Y', filter, '-T', 'fields', ...columns];
  const out = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

describeWith(TSHARK, 'a recorded session', () => {
  beforeAll(async () => {
    await writeCaptures(folder, inject('synthesis'));
  });
  const read = (filter: string, ...fields: readonly string[]) =>
    tshark(file('session.pcapng'), file('session.keys'), filter, 'frame.number', ...fields);

  test('is whole: nothing is malformed, lost or has a wrong checksum', () => {
    expect(
      read('_ws.malformed || tcp.analysis.lost_segment || tcp.analysis.retransmission || _ws.lua.error'),
    ).toEqual([]);
    expect(read('ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0')).toEqual(
      [],
    );
    expect(read('frame.comment').length).toBeGreaterThan(8);
  });

  test('has Ub, Zn, key management over HTTP, MIKEY and SRTP', () => {
    expect(read('http.response.code == 200 && xml && ip.src == 192.0.2.2')).toHaveLength(1);
    expect(read('diameter.cmd.code == 310')).toHaveLength(2);
    expect(read('http.request.method == "POST"').length).toBeGreaterThanOrEqual(4);
    expect(read('rtp', 'rtp.ssrc').map(([, ssrc]) => ssrc)).toEqual(Array(5).fill('0xa1b2c3d4'));
  });

  test('is opened by its keys: every MAC is right, and the keys are those of the file', () => {
    const rows = read('mbms_mikey', 'mbms_mikey.kind', 'mbms_mikey.mac', 'mbms_mikey.key');
    const kinds = rows.map(([, kind]) => kind);
    expect(kinds).toEqual([
      'MSK',
      'verification',
      'MSK',
      'verification',
      'solicited pull',
      'MSK',
      'verification',
      'MTK',
    ]);
    expect(rows.map(([, , mac]) => mac)).toEqual(rows.map(() => 'right'));
    const keys = readFileSync(file('session.keys'), 'utf8');
    for (const [, kind, , key] of rows) if (kind === 'MSK' || kind === 'MTK') expect(keys).toContain(key);
    expect(statSync(file('session.keys')).mode & 0o077).toBe(0);
  });
});

describeWith(TSHARK, 'the dissector of the Key IDs of RFC 4563 and of key data', () => {
  const tests = (name: string) => vectorFiles().get(name)?.testGroups[0]?.tests ?? [];
  const messageOf = (each: VectorTest | undefined) => Buffer.from(each?.message ?? '', 'hex');
  const [push, pull, mtk] = ['mikey-msk-push.json', 'mikey-solicited-pull.json', 'mikey-mtk.json'].map(tests);
  const receiver = vectorFiles().get('mikey-msk-push.json')?.testGroups[0]?.receiver as Record<
    string,
    string
  >;
  const held = vectorFiles().get('mikey-mtk.json')?.testGroups[0]?.receiver as Record<string, string>;

  test('reads what the vectors say, with their keys', () => {
    const wrongMac = push?.find(({ comment }) => comment === 'MAC of zeros');
    const salted = mtk?.[1];
    const messages = [push?.[0], pull?.[0], mtk?.[0], salted, wrongMac];
    writeFileSync(file('vectors.pcap'), pcapOf(messages.map(messageOf)));
    const msk = `msk ${held.keyDomainId}${held.mskId} ${held.rand} ${held.msk}`;
    writeFileSync(file('vectors.keys'), `muk ${receiver.idr} ${receiver.muk}\n${msk}\n`);
    const names = [
      'kind',
      'key_domain_id',
      'key_group',
      'key_number',
      'mtk_id',
      'counter',
      'mac',
      'key',
      'salt',
      'seql',
      'sequ',
    ];
    const rows = tshark(
      file('vectors.pcap'),
      file('vectors.keys'),
      'mbms_mikey',
      ...names.map((name) => `mbms_mikey.${name}`),
    );
    const [mskKey, mtkKey] = ['c0c1c2c3c4c5c6c7c8c9cacbcccdcecf', 'd0d1d2d3d4d5d6d7d8d9dadbdcdddedf'];
    expect(rows).toEqual([
      ['MSK', '00f110', '0x0001', '0x0002', '', '2571', 'right', mskKey, '', '0x00000010', '0x00000fff'],
      ['solicited pull', '00f110', '0x0001', '0x0000', '', '2571', 'right', '', '', '', ''],
      ['MTK', '00f110', '0x0001', '0x0002', '0x0020', '8', 'right', mtkKey, '', '', ''],
      [
        'MTK',
        '00f110',
        '0x0001',
        '0x0002',
        '0x0020',
        '8',
        'right',
        mtkKey,
        'e0e1e2e3e4e5e6e7e8e9eaebeced',
        '',
        '',
      ],
      ['MSK', '00f110', '0x0001', '0x0002', '', '2571', 'wrong', '', '', '', ''],
    ]);
  });

  test('fails at no message of the vectors, however wrong', () => {
    const types = ['MikeyMskPush', 'MikeySolicitedPull', 'MikeyVerification', 'MikeyMtk'];
    const groups = [...vectorFiles().values()].flatMap(({ testGroups }) => testGroups);
    const all = groups.filter(({ type }) => types.includes(type)).flatMap((group) => group.tests);
    const messages = all.filter(({ message }) => message !== undefined).map(messageOf);
    writeFileSync(file('all.pcap'), pcapOf(messages));
    expect(messages.length).toBeGreaterThan(200);
    expect(tshark(file('all.pcap'), file('vectors.keys'), '_ws.lua.error', 'frame.number')).toEqual([]);
  });
});

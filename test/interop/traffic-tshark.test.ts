import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mkiOf } from '../../lib/srtp/mki.ts';
import { SrtpSender } from '../../lib/srtp/sender.ts';
import { MtkSchedule } from '../../lib/traffic/schedule.ts';
import { PICTURE_SSRC, packetsOfFrame } from '../../local/stream/test-picture.ts';
import { describeWith } from '../peers.ts';
import { aMsk, newMtk } from '../traffic/msks.ts';
import { pcapOf } from './pcap.ts';
import { TSHARK } from './tshark.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-traffic-pcap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What tshark says of datagrams, a line for each. */
function dissected(datagrams: readonly Uint8Array[], ...args: string[]): string[] {
  const file = join(folder, `${randomBytes(4).toString('hex')}.pcap`);
  writeFileSync(file, pcapOf(datagrams));
  const text = execFileSync('tshark', ['-r', file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.trim().split('\n').filter(Boolean);
}

describeWith(TSHARK, 'tshark', () => {
  test('reads MTK messages, with the streams that they name', async () => {
    const schedule = new MtkSchedule(
      { changeMs: 100, repeatMs: 10, announceMs: 20, overlapMs: 0, lowMtkIds: 0 },
      {
        reserve: async () => ({ mtkId: 7, counter: 1, mtkIdsLeft: 9 }),
        newMtk,
        csIdMap: () => ({ kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: PICTURE_SSRC, roc: 3 }] }),
      },
    );
    const view = { current: aMsk(1), next: undefined, revoked: new Set<string>() };
    const { messages } = await schedule.step(0, view);
    expect(messages).toHaveLength(1);
    expect(dissected(messages, '-Y', 'mikey && !_ws.malformed')).toHaveLength(1);
    const fields = ['-e', 'mikey.srtp_id.ssrc', '-e', 'mikey.srtp_id.roc'];
    expect(dissected(messages, '-T', 'fields', ...fields)).toEqual(['0x70696374\t0x00000003']);
  });

  test('reads the header of each SRTP packet as that of its RTP packet', () => {
    const sender = new SrtpSender();
    sender.use(newMtk(), mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 1, keyNumber: 1 }, mtkId: 7 }));
    const rtp = [0, 1, 2].flatMap(packetsOfFrame);
    const srtp = rtp.map((packet) => sender.protect(packet));
    const fields = ['rtp.ssrc', 'rtp.seq', 'rtp.timestamp', 'rtp.p_type'].flatMap((name) => ['-e', name]);
    const read = (packets: readonly Uint8Array[]) =>
      dissected(packets, '-d', 'udp.port==2269,rtp', '-T', 'fields', ...fields);
    expect(read(srtp)).toHaveLength(12);
    expect(read(srtp)).toEqual(read(rtp));
  });
});

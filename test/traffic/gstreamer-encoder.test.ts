import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openReceiver } from '../../lib/traffic/group-socket.ts';
import { freePort } from '../../local/free-port.ts';
import { describeWith } from '../peers.ts';
import { GSTREAMER_ENCODER } from '../srtp/gstreamer.ts';
import { LOOPBACK, TrafficBed } from './traffic-bed.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/gstreamer-encoder.ts');

describeWith(GSTREAMER_ENCODER, 'an encoder that encrypts itself, GStreamer’s srtpenc,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-hand-over-'));
  let bed: TrafficBed;
  beforeAll(async () => {
    bed = await TrafficBed.begin();
  });
  afterAll(async () => {
    await bed?.table.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => bed.next());
  afterEach(() => bed.closeAll());

  /** Runs the example between two ports. */
  function startEncoder(handOver: string, rtp: number, srtp: string): ChildProcess {
    const args = [EXAMPLE, '--hand-over', handOver, '--rtp', `${LOOPBACK}:${rtp}`, '--srtp', srtp];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(child, 'close');
    bed.closeLater({
      close: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    });
    return child;
  }

  test.each([true, false])(
    'protects with the MTK that is handed over, salt %s, and with the next one; our UE plays both',
    async (salt) => {
      const msk = await bed.put(1);
      const handOver = join(folder, `${salt}.socket`);
      const sending = await bed.start({ srtp: undefined, handOver, salt, changeSeconds: 8 });
      const srtp = { address: LOOPBACK, port: await freePort(LOOPBACK) };
      const ue = await bed.startUe({
        ...sending,
        settings: { ...sending.settings, srtp: { from: srtp, to: srtp } },
      });
      ue.hold(1, msk);
      const rtp = await freePort(LOOPBACK);
      startEncoder(handOver, rtp, `${srtp.address}:${srtp.port}`);
      await bed.feed(rtp);
      await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(50), 40_000);
      const before = sending.events.filter(({ kind }) => kind === 'mtk-in-use').length;
      await vi.waitFor(
        () => expect(sending.events.filter(({ kind }) => kind === 'mtk-in-use').length).toBe(before + 1),
        40_000,
      );
      const played = ue.played.length;
      await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(played + 50), 40_000);
      expect(ue.receiver.unopened).toEqual({});
    },
    150_000,
  );

  test('sends nothing when there is no MSK', async () => {
    const handOver = join(folder, 'none.socket');
    await bed.start({ srtp: undefined, handOver });
    const srtp = { address: LOOPBACK, port: await freePort(LOOPBACK) };
    const heard: number[] = [];
    bed.closeLater(await openReceiver(srtp, (octets) => heard.push(octets.length)));
    const rtp = await freePort(LOOPBACK);
    startEncoder(handOver, rtp, `${srtp.address}:${srtp.port}`);
    await bed.feed(rtp);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(heard).toEqual([]);
  }, 30_000);
});

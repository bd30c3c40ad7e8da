import { randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { routedIpv6Interface } from '../ipv6.ts';
import { inUse, TrafficBed } from './traffic-bed.ts';

const ROUTED = await routedIpv6Interface();
const port = () => randomInt(20_000, 30_000);

// In CI, too, a machine may have no interface that routes groups of IPv6, and no line of ours changes that.
describe.skipIf(ROUTED === undefined)(
  'a stream over IPv6 (skipped where no interface routes ff00::/8)',
  () => {
    let bed: TrafficBed;
    beforeAll(async () => {
      bed = await TrafficBed.begin();
    });
    afterAll(() => bed?.table.close());
    beforeEach(() => bed.next());
    afterEach(() => bed.closeAll());

    // @clause TS 33.501 annex W.4.1.2 s3
    test('from plain RTP to what a UE plays: MTKs and SRTP to a group, through changes of the MTK and of the MSK', async () => {
      const msk = await bed.put(1);
      // Of interface-local scope: it leaves no machine.
      const address = `ff11::${randomInt(1, 0xffff).toString(16)}`;
      const [mtkPort, from] = [port(), { address: '::1', port: port() }];
      const sending = await bed.start({
        mtks: { address, port: mtkPort },
        srtp: { from, to: { address, port: mtkPort + 1 } },
        interface: ROUTED,
        overlapSeconds: 2,
      });
      const ue = await bed.startUe(sending);
      const stranger = await bed.startUe(sending);
      ue.hold(1, msk);
      await bed.feed(from.port, from.address);
      await vi.waitFor(() => expect(inUse(sending.events)).toBeGreaterThanOrEqual(3), 20_000);
      ue.hold(2, await bed.put(2));
      const before = inUse(sending.events);
      await vi.waitFor(() => expect(inUse(sending.events)).toBeGreaterThanOrEqual(before + 2), 20_000);
      const { length } = ue.played;
      await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(length + 100), 10_000);
      const gap = ue.played.find((each, at) => at > 0 && each !== (ue.played[at - 1] ?? 0) + 1);
      expect(gap).toBeUndefined();
      expect(ue.receiver.unopened).toEqual({});
      expect(ue.kinds).not.toContain('refused');
      expect(stranger.played).toEqual([]);
    }, 70_000);
  },
);

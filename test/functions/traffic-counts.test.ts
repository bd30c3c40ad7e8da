import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { METRICS_VARIABLE } from '../../functions/environment-variables.ts';
import { METRIC } from '../../functions/metric-names.ts';
import { TrafficCounts } from '../../functions/traffic/counts.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';

const HOME = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
const OTHER = keyDomainIdOfPlmn({ mcc: '001', mnc: '02' });
let written: Record<string, unknown>[];

beforeEach(() => {
  written = [];
  // So it writes by the console, and writes at all.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'BMSC');
  vi.spyOn(console, 'log').mockImplementation((line: string) => void written.push(JSON.parse(line)));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A metric's values: that of all Key Domains under `all`, and those of each. */
function valuesOf(name: string): Record<string, unknown> {
  const having = written.filter((line) => name in line);
  return Object.fromEntries(having.map((line) => [String(line.keyDomain ?? 'all'), line[name]]));
}

/** Counts twice, with events between, of two streams in one Key Domain and one in another. */
function countTwice(env: NodeJS.ProcessEnv): void {
  const senders = [
    { keyDomainId: HOME, counts: { messages: 3, packets: 100, dropped: 0 } },
    { keyDomainId: HOME, counts: { messages: 2, packets: 0, dropped: 0 } },
    { keyDomainId: OTHER, counts: { messages: 1, packets: 10, dropped: 4 } },
  ];
  vi.useFakeTimers();
  const counts = new TrafficCounts(env, () => senders);
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  written = [];
  senders[0] = { keyDomainId: HOME, counts: { messages: 8, packets: 150, dropped: 0 } };
  for (const kind of ['mtk-in-use', 'mtk-in-use', 'range-low', 'mtk-made'] as const)
    counts.add({ kind }, HOME);
  counts.add({ kind: 'msk-revoked', mskId: '00100001' }, OTHER);
  counts.add({ kind: 'failed', error: new Error('the table is away') }, OTHER);
  counts.stop();
}

test('the traffic key service counts for each Key Domain where the setting says so, and of all together', () => {
  countTwice({ [METRICS_VARIABLE.byKeyDomain]: 'true' });
  expect(valuesOf(METRIC.mtkMessagesSent)).toEqual({ all: 5, [HOME]: 5, [OTHER]: 0 });
  expect(valuesOf(METRIC.srtpPacketsSent)).toEqual({ all: 50, [HOME]: 50, [OTHER]: 0 });
  expect(valuesOf(METRIC.mtkChanges)).toEqual({ all: 2, [HOME]: 2 });
  expect(valuesOf(METRIC.mtkRangesLow)).toEqual({ all: 1, [HOME]: 1 });
  expect(valuesOf(METRIC.mtkRangesSpent)).toEqual({ all: 0 });
  expect(valuesOf(METRIC.trafficMsksRevoked)).toEqual({ all: 1, [OTHER]: 1 });
  expect(valuesOf(METRIC.trafficFailures)).toEqual({ all: 1, [OTHER]: 1 });
});

test('without the setting it counts of all together alone', () => {
  countTwice({});
  expect(valuesOf(METRIC.mtkMessagesSent)).toEqual({ all: 5 });
  expect(valuesOf(METRIC.rtpPacketsDropped)).toEqual({ all: 0 });
  expect(written.some((line) => 'keyDomain' in line)).toBe(false);
});

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Flight } from '../../../lib/distribution/delivery/flight.ts';
import { Job } from '../../../lib/distribution/delivery/job.ts';
import { UNBOUNDED } from '../../../lib/distribution/pacing/allowance.ts';
import { SendQueue } from '../../../lib/distribution/pacing/send-queue.ts';
import type { Btid } from '../../../lib/gba/btid.ts';
import type { Impi } from '../../../lib/gba/impi.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { DOMAIN } from '../population.ts';

const UES = 100;
/** A report waits for this time, in ms. */
const REPORTED_MS = 200;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function jobOf(reports: number[]): Job {
  const recipients = Array.from({ length: UES }, (_, index) => ({
    impi: `ue${index}@home1.net` as Impi,
    btid: `${index}@bsf.home1.net` as Btid,
    muk: new SecretKey(randomBytes(32)),
    bootstrappedAt: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    address: { address: '192.0.2.1', port: 2269 },
  }));
  return new Job({
    content: {
      kind: 'msk',
      keyDomainId: DOMAIN,
      mskId: mskId(0x0010, 1),
      msk: { keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY },
      verification: true,
    },
    tries: 4,
    bmscId: Buffer.from('bmsc'),
    queue: new SendQueue<Flight>({ perSecond: undefined, perPrefixPerSecond: undefined }),
    allowance: UNBOUNDED,
    messageOctets: 0,
    rand: undefined,
    recipients,
    prefixLengths: undefined,
    onVerifiedSoFar: (impis) => void reports.push(impis.length),
    onDatagram: undefined,
  });
}

function verify(job: Job, from: number, to: number): void {
  for (let ue = from; ue < to; ue++) job.settle(ue, 'verified');
}

describe('UEs that have confirmed while others are waited for', () => {
  it('are reported once where all that answer have answered before a message is repeated', () => {
    const reports: number[] = [];
    const job = jobOf(reports);
    verify(job, 0, 95);
    vi.advanceTimersByTime(REPORTED_MS);
    job.noteRetransmission();
    verify(job, 95, 97);
    vi.advanceTimersByTime(REPORTED_MS);
    expect(reports).toEqual([95]);
  });

  it('are reported again where a tenth of all has confirmed since', () => {
    const reports: number[] = [];
    const job = jobOf(reports);
    verify(job, 0, 50);
    job.noteRetransmission();
    vi.advanceTimersByTime(REPORTED_MS);
    verify(job, 50, 90);
    vi.advanceTimersByTime(REPORTED_MS);
    expect(reports).toEqual([50, 90]);
  });

  it('are not reported where they are few, or nobody is waited for', () => {
    const reports: number[] = [];
    const job = jobOf(reports);
    verify(job, 0, 9);
    job.noteRetransmission();
    vi.advanceTimersByTime(REPORTED_MS);
    verify(job, 9, UES);
    vi.advanceTimersByTime(REPORTED_MS);
    expect(reports).toEqual([]);
  });
});

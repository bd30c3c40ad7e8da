import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { MikeyInbox } from '../mikey-inbox.ts';
import type { TraceLine } from '../requirement.ts';
import { type BmscTarget, BmscUnderTest } from './subject.ts';

/** What a run needs besides the BM-SC: where its UEs listen, and the second subscriber if there is one. */
export interface OpenOptions extends Omit<BmscTarget, 'expiring'> {
  /** Numeric local address; each UE takes a free port. */
  readonly address: string;
  readonly expiring?: Pick<BmscTarget, 'association' | 'stimuli'> & { readonly expiresAt: number };
}

/** Opens the UDP ports of the test UEs. The caller closes them. */
export async function openBmscUnderTest({ address, expiring, ...target }: OpenOptions) {
  const trace: TraceLine[] = [];
  const listen: UeAddress = { address, port: 0 };
  const onTrace = (line: TraceLine) => void trace.push(line);
  const inboxes: MikeyInbox[] = [];
  const inboxOf = async ({ association }: Pick<BmscTarget, 'association'>) => {
    const inbox = await MikeyInbox.open(association, listen, onTrace);
    inboxes.push(inbox);
    return inbox;
  };
  const second = expiring && {
    subject: new BmscUnderTest({ ...target, ...expiring }, await inboxOf(expiring), trace),
    expiresAt: expiring.expiresAt,
  };
  const whole = second === undefined ? target : { ...target, expiring: second };
  const subject = new BmscUnderTest(whole, await inboxOf(target), trace);
  return { subject, close: () => Promise.all(inboxes.map((inbox) => inbox.close())) };
}

import { randomBytes } from 'node:crypto';
import type { Outcome } from '../../cli/conformance/requirement.ts';
import { runRequirements } from '../../cli/conformance/run.ts';
import { UE_REQUIREMENTS } from '../../cli/conformance/ue/requirements.ts';
import { UeUnderTest } from '../../cli/conformance/ue/subject.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { UE_ASSOCIATION } from './ue-faults.ts';
import { startWrongUe, type UeFault } from './wrong-ue.ts';

/** How long the keys of a UE live whose end is waited for, in ms: the requirements before take less. */
const LIFETIME_MS = 15_000;

/** Runs the suite against a UE that breaks one rule, or none. */
export async function testUe(
  fault: UeFault | undefined,
  { isOutlived }: { readonly isOutlived: boolean },
): Promise<Outcome[]> {
  const endsAt = isOutlived ? Date.now() + LIFETIME_MS : undefined;
  const association = { ...UE_ASSOCIATION, ...(endsAt === undefined ? {} : { expiresAt: endsAt }) };
  const randomOctets = (length: number) => randomBytes(length);
  const times = { answerMs: 1500, quietMs: 250 };
  const payloadProfile = DEFAULT_PAYLOAD_PROFILE;
  const target = { association, endsAt, payloadProfile, uePort: 2269, ...times, randomOctets };
  const subject = await UeUnderTest.listen(target, { address: '127.0.0.1', port: 0 });
  const url = new URL(`http://127.0.0.1:${subject.port}/keymanagement`);
  const ue = await startWrongUe(association, url, fault);
  try {
    return await runRequirements(UE_REQUIREMENTS, subject, { hostile: false, load: false });
  } finally {
    await ue.close();
    await subject.close();
  }
}

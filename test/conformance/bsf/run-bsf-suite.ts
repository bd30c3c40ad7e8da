import { randomBytes } from 'node:crypto';
import { BSF_REQUIREMENTS } from '../../../cli/conformance/bsf/requirements.ts';
import { BsfUnderTest } from '../../../cli/conformance/bsf/subject.ts';
import type { Outcome } from '../../../cli/conformance/requirement.ts';
import { runRequirements } from '../../../cli/conformance/run.ts';
import type { BsfFault } from './fault.ts';
import { FaultyBsf } from './faulty-bsf.ts';

/** Runs the suite of Ub against a BSF that breaks one rule, or none. */
export async function testBsf(fault?: BsfFault): Promise<Outcome[]> {
  const bsf = await FaultyBsf.start(fault);
  const { url, impi, keys } = bsf;
  const randomOctets = (length: number) => randomBytes(length);
  try {
    const subject = new BsfUnderTest({ url, impi, keys, hasTmpi: true, randomOctets });
    return await runRequirements(BSF_REQUIREMENTS, subject, { hostile: false, load: false });
  } finally {
    await bsf.close();
  }
}

import { randomBytes } from 'node:crypto';
import { openBmscUnderTest } from '../../cli/conformance/bmsc/open.ts';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import type { Outcome } from '../../cli/conformance/requirement.ts';
import { runRequirements } from '../../cli/conformance/run.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import type { TestTable } from '../store/table.ts';
import { startTestedBmsc } from './bmsc.ts';
import type { Fault } from './fault.ts';

/** Runs the suite against a BM-SC that breaks one rule, or none. */
export async function testBmsc(
  table: TestTable,
  fault?: Fault,
  options = { hostile: false, load: false },
): Promise<Outcome[]> {
  const bmsc = await startTestedBmsc(table, fault);
  const { keys, expiring } = bmsc.provisioned;
  const associationOf = ({ btid, muk, mrk, expiresAt }: BootstrappedKeys) => {
    return { btid, nafFqdn: 'bmsc.home1.net', muk, mrk, expiresAt };
  };
  const { subject, close } = await openBmscUnderTest({
    url: bmsc.url,
    profile: bmsc.profile,
    association: associationOf(keys),
    stimuli: bmsc.stimuliOf(keys),
    randomOctets: (length) => randomBytes(length),
    address: '127.0.0.1',
    bootstrap: bmsc.bootstrap,
    expiring: {
      association: associationOf(expiring),
      stimuli: bmsc.stimuliOf(expiring),
      expiresAt: expiring.expiresAt,
    },
  });
  try {
    return await runRequirements(BMSC_REQUIREMENTS, subject, options);
  } finally {
    await close();
    await bmsc.close();
  }
}

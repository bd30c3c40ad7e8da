import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { BSF_REQUIREMENTS } from '../../cli/conformance/bsf/requirements.ts';
import { UE_REQUIREMENTS } from '../../cli/conformance/ue/requirements.ts';
import type { TestTable } from '../store/table.ts';
import type { BsfFault } from './bsf/fault.ts';
import { bsfFaults } from './bsf/faults.ts';
import { testBsf } from './bsf/run-bsf-suite.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import type { Matrix } from './matrix.ts';
import { testBmsc } from './run-suite.ts';
import { testUe } from './run-ue-suite.ts';
import { UE_FAULTS } from './ue-faults.ts';
import type { UeFault } from './wrong-ue.ts';

/** The wrong BM-SCs, on one table. */
export function bmscMatrix(table: TestTable): Matrix<Fault> {
  const test = (fault: Fault) => testBmsc(table, fault);
  return { what: 'BM-SCs', wrongs: FAULTS, requirements: BMSC_REQUIREMENTS, test };
}

/** The wrong BSFs. */
export const BSF_MATRIX: Matrix<BsfFault> = {
  what: 'BSFs',
  wrongs: bsfFaults(),
  requirements: BSF_REQUIREMENTS,
  // Some faults have a state: each run has its own.
  test: ({ name }) => testBsf(bsfFaults().find((fault) => fault.name === name)),
};

/** The wrong UEs. */
export const UE_MATRIX: Matrix<UeFault> = {
  what: 'UEs',
  wrongs: UE_FAULTS,
  requirements: UE_REQUIREMENTS,
  test: (fault) => testUe(fault, { isOutlived: fault.afterTheEnd !== undefined }),
};

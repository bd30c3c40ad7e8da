import type { Fault } from '../fault.ts';
import { HTTP_FAULTS } from './http.ts';
import { MIKEY_FAULTS } from './mikey.ts';
import { NAF_FAULTS } from './naf.ts';
import { PROCEDURE_FAULTS } from './procedures.ts';

/** The wrong BM-SCs, each with the one rule that it breaks. */
export const FAULTS: readonly Fault[] = [...HTTP_FAULTS, ...PROCEDURE_FAULTS, ...MIKEY_FAULTS, ...NAF_FAULTS];

import type { Outcome } from '../requirement.ts';

/** What requirements are about, by the start of their ID, in the order of the page. */
const AREAS: readonly (readonly [prefix: string, title: string])[] = [
  ['ub', 'Bootstrapping with the BSF'],
  ['challenge', 'Challenge'],
  ['auth', 'Credentials'],
  ['info', 'Authentication-Info'],
  ['form', 'Form of requests'],
  ['register', 'Registration'],
  ['deregister', 'Deregistration'],
  ['msk', 'MSK requests'],
  ['mikey', 'MSK messages'],
  ['delivery', 'Delivery'],
  ['pull', 'Solicited pulls'],
  ['lifetime', 'The end of keys'],
  ['naf', 'Keys from the BSF'],
  ['ue', 'The UE'],
];

/** The outcomes of one area. */
export interface Area {
  readonly title: string;
  readonly outcomes: readonly Outcome[];
}

/** The outcomes by what they are about; areas without any are left out. */
export function areasOf(outcomes: readonly Outcome[]): Area[] {
  const prefixOf = ({ requirement }: Outcome) => requirement.id.split('-')[0] ?? '';
  const known = new Set(AREAS.map(([prefix]) => prefix));
  const areas = AREAS.map(([prefix, title]) => ({
    title,
    outcomes: outcomes.filter((each) => prefixOf(each) === prefix),
  }));
  const others = { title: 'Others', outcomes: outcomes.filter((each) => !known.has(prefixOf(each))) };
  return [...areas, others].filter((area) => area.outcomes.length > 0);
}

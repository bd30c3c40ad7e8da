import type { Command } from 'commander';
import type { Btid } from '../../../lib/gba/btid.ts';
import type { Impi } from '../../../lib/gba/impi.ts';
import { putAssociation } from '../../../lib/store/association/put-association.ts';
import { parseBtid, parseImpi, parseLifetime } from '../../arguments.ts';
import {
  type CommandOptions,
  mbmsKeysOf,
  type NafKeyOptions,
  withExamples,
  withNafKeys,
  withStack,
} from '../../options.ts';
import { createPrint, formatTime } from '../../output.ts';
import { findBmsc } from '../../stack.ts';
import { explainExisting } from './replace.ts';

/** The GBA key lifetime unless an option gives another, in seconds. */
const DEFAULT_LIFETIME_S = 86_400;

type Options = CommandOptions & NafKeyOptions & { readonly lifetime: number; readonly replace?: boolean };

/** `bmsc provision association` */
export function addAssociationCommand(provision: Command): void {
  const association = provision
    .command('association')
    .description('a bootstrapped security association of a UE');
  withNafKeys(
    withStack(association).argument('<bTid>', 'B-TID', parseBtid).argument('<impi>', 'IMPI', parseImpi),
  )
    .option('--lifetime <seconds>', 'key lifetime, up to a year', parseLifetime, DEFAULT_LIFETIME_S)
    .option('--replace', 'give the B-TID to this subscriber though another has it')
    .action(provisionAssociation);
  withExamples(
    association,
    'provision association fve4iTWb1rTb297CzVSrpw==@bsf.home1.net 001010123456789@home1.net --ks-naf @ks-naf.hex --local',
  );
}

async function provisionAssociation(btid: Btid, impi: Impi, options: Options): Promise<void> {
  const keys = await mbmsKeysOf(options);
  const bootstrappedAt = Date.now();
  const expiresAt = bootstrappedAt + options.lifetime * 1000;
  const gbaType = options.ksNaf === undefined ? 'GBA_U' : 'GBA_ME';
  const { store } = await findBmsc(options);
  const { replace = false } = options;
  const association = { btid, impi, gbaType, ...keys, bootstrappedAt, expiresAt } as const;
  await putAssociation(store, association, undefined, { replace }).catch(explainExisting);
  const text = `association ${btid} of ${impi} until ${formatTime(expiresAt)}`;
  createPrint(options.json)(text, { bTid: btid, impi, expiresAt: new Date(expiresAt).toISOString() });
}

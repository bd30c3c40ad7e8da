import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { akmaAssociationOf } from '../../../lib/ue/bootstrapping/associations.ts';
import { SimAssociations } from '../../../lib/ue/bootstrapping/sim-associations.ts';
import { parseSimProfile, type SimProfile } from '../../../lib/ue/bootstrapping/sim-profile.ts';
import { UeError } from '../../../lib/ue/errors.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import { UsageError } from '../../errors.ts';
import { mbmsKeysOf } from '../../options.ts';
import type { Print } from '../../output.ts';
import type { UeOptions } from './options.ts';

/** What a UE starts with, and how it bootstraps again, if it can. */
export interface UeSecurity {
  readonly association: UeSecurityAssociation;
  readonly bootstrap?: () => Promise<UeSecurityAssociation>;
}

/**
 * The association of a UE: from a B-TID and its keys, or from a SIM, by a run of Ub or by AKMA.
 * @throws UsageError, UeError
 */
export async function securityAssociationOf(
  options: Omit<UeOptions, 'url' | 'port'>,
  print: Print,
): Promise<UeSecurity> {
  const { bTid, sim, naf } = options;
  if ((bTid === undefined) === (sim === undefined))
    throw new UsageError('give --b-tid and its keys, or --sim');
  if (bTid !== undefined)
    return { association: { btid: bTid, nafFqdn: naf, ...(await mbmsKeysOf(options)) } };
  const profile = simProfileOf(sim ?? '', options.json === true);
  if (options.akma === true) {
    if (profile.akma === undefined) throw new UsageError('the file of --sim has no member akma');
    return { association: akmaAssociationOf(profile.akma, naf) };
  }
  const run = runOf(profile, options);
  const association = await run();
  const { btid, expiresAt = 0 } = association;
  const lifetime = new Date(expiresAt).toISOString();
  print(`bootstrapped ${profile.impi}: B-TID ${btid}, until ${lifetime}`, {
    event: 'bootstrapped',
    btid,
    expiresAt: lifetime,
  });
  return { association, bootstrap: run };
}

/** The runs of Ub with one SIM. @throws UsageError without a BSF */
function runOf(
  profile: SimProfile,
  { bsf, naf, mrkRule }: Pick<UeOptions, 'bsf' | 'naf' | 'mrkRule'>,
): () => Promise<UeSecurityAssociation> {
  if (bsf === undefined) throw new UsageError('--sim needs --bsf, or --akma');
  const randomOctets = (length: number) => randomBytes(length);
  const associations = new SimAssociations(profile, { bsfUrl: bsf, nafFqdn: naf, mrkRule, randomOctets });
  return () => associations.bootstrap();
}

/** Reads the file of a SIM, and warns when others may read it. @throws UsageError */
export function simProfileOf(file: string, isJson: boolean): SimProfile {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      const warning = `others may read ${file}, which holds the keys of a SIM: chmod 600 it`;
      process.stderr.write(`${isJson ? JSON.stringify({ warning }) : `warning: ${warning}`}\n`);
    }
    return parseSimProfile(readFileSync(file, 'utf8'));
  } catch (cause) {
    const isKnown = cause instanceof UeError || (cause instanceof Error && 'syscall' in cause);
    if (!isKnown) throw cause;
    throw new UsageError(`a SIM that can't be used: ${cause.message}`, { cause });
  }
}

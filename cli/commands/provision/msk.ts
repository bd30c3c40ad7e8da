import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { KeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../../lib/keys/msk-id.ts';
import { FULL_VALIDITY, isInvalidation, mskValidity } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { parseMtkId } from '../../arguments.ts';
import { UsageError } from '../../errors.ts';
import { KEY_VALUE, KeyReader, type KeySource, parseKeySource } from '../../key-source.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  mskIdArgument,
  withExamples,
  withStack,
} from '../../options.ts';
import { createPrint } from '../../output.ts';
import { checkKeyDomain, findBmsc } from '../../stack.ts';
import { explainExisting } from './replace.ts';

/** Octets of an MSK (TS 33.246 §6.3). */
const MSK_LENGTH = 16;

interface Options extends CommandOptions {
  readonly key?: KeySource;
  readonly seql?: number;
  readonly sequ?: number;
  readonly replace?: boolean;
}

/** `bmsc provision msk` */
export function addMskCommand(provision: Command): void {
  const msk = provision
    .command('msk')
    .description('an MSK, made here unless given; it becomes the current one');
  withStack(msk)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('Key Group and Key Number, e.g. 00010001'))
    .option(`--key ${KEY_VALUE}`, 'an MSK made elsewhere, 16 octets; else it is made here', parseKeySource)
    .option('--seql <n>', 'lowest MTK ID', parseMtkId)
    .option('--sequ <n>', 'highest MTK ID', parseMtkId)
    .option('--replace', 'take a Key Number that was given before: no UE holds the new MSK then')
    .action(provisionMsk);
  withExamples(msk, 'provision msk 001-01 00010001 --local');
}

async function provisionMsk(keyDomainId: KeyDomainId, id: MskId, options: Options): Promise<void> {
  const { seql = FULL_VALIDITY.seql, sequ = FULL_VALIDITY.sequ } = options;
  const validity = mskValidity(seql, sequ);
  if (isInvalidation(validity))
    throw new UsageError(`--seql ${seql} is above --sequ ${sequ}: that is a revoked MSK, see "bmsc revoke"`);
  const { key } = options;
  const msk =
    key === undefined
      ? new SecretKey(randomBytes(MSK_LENGTH))
      : await new KeyReader().read(key, MSK_LENGTH, 'MSK');
  const stored = { keyNumber: id.keyNumber, msk, validity };
  const bmsc = await findBmsc(options);
  checkKeyDomain(bmsc, keyDomainId);
  const { replace = false } = options;
  await putMsk(bmsc.store, { keyDomainId, keyGroup: id.keyGroup }, stored, { replace }).catch(
    explainExisting,
  );
  const mskId = formatMskId(id);
  const text = `MSK ${mskId} of Key Domain ${keyDomainId} is the current one of its Key Group`;
  createPrint(options.json)(text, { keyDomainId, mskId });
}

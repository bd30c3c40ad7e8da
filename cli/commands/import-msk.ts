import type { Command } from 'commander';
import { wrappingContextOf } from '../../lib/key-rotation/wrapped-msk.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { parseMtkId } from '../arguments.ts';
import { UsageError } from '../errors.ts';
import { KEY_VALUE, KeyReader, type KeySource, parseKeySource } from '../key-source.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  LEAD_TIME_OPTION,
  type LeadTimeOptions,
  mskIdArgument,
  type WatchOptions,
  withExamples,
  withStack,
  withWatch,
} from '../options.ts';
import { findBmsc } from '../stack.ts';
import { requestRotation } from './rotation-request.ts';

/** Octets of an MSK, an MTK and a salt. */
const [KEY_LENGTH, SALT_LENGTH] = [16, 14];

interface Options extends CommandOptions, LeadTimeOptions, WatchOptions {
  readonly key: KeySource;
  readonly mtk?: KeySource;
  readonly mtkId?: number;
  readonly mtkSalt?: KeySource;
}

/** `bmsc import msk`: an event that brings an MSK of another network, wrapped for the KMS key. */
export function addImportMskCommand(group: Command): void {
  const command = group
    .command('msk')
    .description('an MSK that another network has made, and an MTK to send under it (network sharing)');
  withWatch(withStack(command), 'wait for the answer')
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('Key Group and Key Number, e.g. 00030001'))
    .requiredOption(`--key ${KEY_VALUE}`, 'the MSK, 16 octets', parseKeySource)
    .option(`--mtk ${KEY_VALUE}`, 'an MTK, 16 octets', parseKeySource)
    .option('--mtk-id <n>', 'its ID', parseMtkId)
    .option(`--mtk-salt ${KEY_VALUE}`, 'its salt, 14 octets', parseKeySource)
    .option(...LEAD_TIME_OPTION)
    .action(importMsk);
  withExamples(command, 'import msk 001-01 00030001 --key @foreign-msk.hex --no-watch --local');
}

async function importMsk(keyDomainId: KeyDomainId, id: MskId, options: Options): Promise<void> {
  const { mtk, mtkId, mtkSalt, leadTime, key } = options;
  if ((mtk === undefined) !== (mtkId === undefined)) throw new UsageError('--mtk and --mtk-id come together');
  if (mtkSalt !== undefined && mtk === undefined) throw new UsageError('--mtk-salt is that of --mtk');
  const reader = new KeyReader();
  const keys = [await reader.read(key, KEY_LENGTH, 'MSK')];
  if (mtk !== undefined) keys.push(await reader.read(mtk, KEY_LENGTH, 'MTK'));
  if (mtkSalt !== undefined) keys.push(await reader.read(mtkSalt, SALT_LENGTH, 'salt of the MTK'));
  const { wrap } = await findBmsc(options);
  const clear = Buffer.concat(keys.map((each) => each.exposeOctets()));
  const wrappedKey = await wrap(clear, wrappingContextOf(keyDomainId, id, mtkId));
  clear.fill(0);
  const mskId = formatMskId(id);
  const data = {
    ...{ keyDomainId, mskId, wrappedKey },
    ...(leadTime === undefined ? {} : { leadTimeSeconds: leadTime }),
    ...(mtkId === undefined ? {} : { mtkId }),
  };
  const ref = { keyDomainId, keyGroup: id.keyGroup };
  await requestRotation('Import MSK', data, ref, options, `asked to import MSK ${mskId}`);
}

import { type Command, Option } from 'commander';
import * as v from 'valibot';
import type { AwsCall } from '../../lib/inventory/aws-call.ts';
import { KEY_FORMATS, type KeyFormat } from '../../lib/key-export/formats.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { parseServiceId } from '../arguments.ts';
import { awsCallOf } from '../aws-call.ts';
import { CliError, RefusedError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

interface Options extends CommandOptions {
  readonly for: string;
  readonly mtksOf?: string;
  readonly format?: KeyFormat;
}

/** `bmsc export keys`: the MSKs of a Key Group, which only a recipient of the settings can open. */
export function addExportKeysCommand(group: Command): void {
  const command = group
    .command('keys')
    .description('the MSKs of a Key Group, wrapped for a recipient of the setting keyExport');
  withStack(command)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .requiredOption('--for <recipient>', 'its name in the settings')
    .option('--mtks-of <serviceId>', 'and the MTKs of this User Service', parseServiceId)
    .addOption(new Option('--format <format>', 'what is wrapped (default: jwk-set)').choices(KEY_FORMATS))
    .action(exportKeys);
  withExamples(command, 'export keys 001-01 0001 --for mbstf --local');
}

async function exportKeys(keyDomainId: KeyDomainId, group: number, options: Options): Promise<void> {
  const { for: recipient, mtksOf, format } = options;
  const { keyExportFunctionName, clientSettings } = await findBmsc(options);
  if (keyExportFunctionName === undefined)
    throw new CliError('this deployment exports no keys: see the setting keyExport');
  const asked = { recipient, keyDomainId, keyGroup: formatKeyGroup(group), mtksOf, format };
  const answer = await invoke(awsCallOf(clientSettings), keyExportFunctionName, asked);
  createPrint(options.json)(answer.wrapped, answer);
}

const answerSchema = v.union([
  v.looseObject({ result: v.literal('exported'), wrapped: v.string() }),
  v.object({ result: v.literal('refused'), reason: v.string(), message: v.string() }),
]);
/** What Lambda says when the function failed, or was not reached. */
const failure = v.object({
  errorMessage: v.optional(v.string()),
  Message: v.optional(v.string()),
  message: v.optional(v.string()),
});

/** Invokes the function. @throws RefusedError, CliError */
async function invoke(call: AwsCall, name: string, asked: object) {
  const { isOk, text } = await call({
    service: 'lambda',
    host: 'lambda',
    path: `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
    // It may have to start first.
    timeoutMs: 30_000,
  });
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), text);
  if (isOk && answer.success && answer.output.result === 'exported') return answer.output;
  if (isOk && answer.success && answer.output.result === 'refused')
    throw new RefusedError(answer.output.reason, `refused: ${answer.output.message}`);
  const failed = v.safeParse(v.pipe(v.string(), v.parseJson(), failure), text);
  const { errorMessage, Message, message } = failed.success ? failed.output : {};
  throw new CliError(
    `no keys were exported: ${errorMessage ?? Message ?? message ?? 'no answer that can be read'}`,
  );
}

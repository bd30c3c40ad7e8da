import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  DEFAULT_PAYLOAD_PROFILE,
  type DocumentName,
  type PayloadProfile,
  REQUEST_DOCUMENTS,
  RESPONSE_DOCUMENTS,
} from '../../lib/key-management/payload/payload-profile.ts';
import { CliError, UsageError } from '../errors.ts';
import { withExamples, withOutput } from '../options.ts';
import { createPrint } from '../output.ts';
import { type GivenPayloadProfile, readPayloadProfile } from '../payload-profile.ts';
import { type CapturedDocument, readCapture } from '../profile/captured-document.ts';
import { checkAnyDocument } from '../profile/check.ts';
import { type Finding, learnProfile } from '../profile/learn.ts';

interface ProfileOptions {
  readonly profile?: GivenPayloadProfile;
  readonly as?: DocumentName;
  readonly out?: string;
  readonly json?: boolean;
}

const CAPTURES_ARGUMENT = ['[captures...]', 'files, or - for standard input'] as const;

/** `bmsc profile …`: payload profiles from what UEs send. */
export function addProfileCommands(program: Command): void {
  const profile = program
    .command('profile')
    .description("payload profiles: names and forms of UEs' payloads, from what they send");
  withExamples(profile, 'profile learn request.xml --out profile.json');
  addLearn(profile);
  addCheck(profile);
  addShow(profile);
}

function addLearn(profile: Command): void {
  const command = withCaptures(
    profile
      .command('learn')
      .description(
        'propose a payload profile from captures: XML, its Base64, or HTTP messages as a followed TCP stream has them',
      )
      .option('--profile <file>', 'a payload profile to go on from', readPayloadProfile)
      .option('--out <file>', 'write the profile there, in place of standard output'),
  ).action(learn);
  withExamples(
    command,
    'profile learn request.xml --out profile.json',
    'profile learn register.http msk.http --profile profile.json',
    'profile learn - --as mskRequest < body',
  );
}

function addCheck(profile: Command): void {
  const command = withCaptures(
    profile
      .command('check')
      .description('decode captures by a payload profile, and say where they are otherwise')
      .option('--profile <file>', 'the payload profile (default: the default one)', readPayloadProfile),
  ).action(check);
  withExamples(command, 'profile check request.xml --profile profile.json');
}

function addShow(profile: Command): void {
  const command = withOutput(
    profile
      .command('show')
      .description('print a payload profile with all its members, in JSON')
      .option('--profile <file>', 'the payload profile (default: the default one)', readPayloadProfile),
  ).action(({ profile: given }: ProfileOptions) => {
    const whole = given?.profile ?? DEFAULT_PAYLOAD_PROFILE;
    process.stdout.write(`${JSON.stringify(whole, (_, value) => value?.text ?? value, 2)}\n`);
  });
  withExamples(command, 'profile show --json');
}

function withCaptures(command: Command): Command {
  return withOutput(
    command
      .argument(...CAPTURES_ARGUMENT)
      .addOption(
        new Option('--as <document>', 'which document a body alone is').choices([
          ...REQUEST_DOCUMENTS,
          ...RESPONSE_DOCUMENTS,
        ]),
      ),
  );
}

function learn(files: string[], options: ProfileOptions): void {
  const base = options.profile === undefined ? {} : JSON.parse(options.profile.text);
  const known = options.profile?.profile ?? DEFAULT_PAYLOAD_PROFILE;
  const { documents, unreadable } = capturesOf(files, known, options.as);
  const { input, findings, undecoded } = learnProfile(documents, base);
  const failed = [...unreadable, ...undecoded];
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ profile: input, findings, undecoded: failed })}\n`);
  } else {
    for (const finding of findings) process.stderr.write(`${textOf(finding)}\n`);
    for (const { source, reason } of failed) process.stderr.write(`not decoded  ${source}: ${reason}\n`);
  }
  const text = `${JSON.stringify(input, null, 2)}\n`;
  if (options.out !== undefined) writeFileSync(options.out, text);
  else if (!options.json) process.stdout.write(text);
  if (failed.length > 0)
    throw new CliError(
      `the profile does not decode ${failed.length} of ${documents.length + unreadable.length} documents`,
    );
}

function check(files: string[], options: ProfileOptions): void {
  const profile = options.profile?.profile ?? DEFAULT_PAYLOAD_PROFILE;
  const { documents, unreadable } = capturesOf(files, profile, options.as);
  const print = createPrint(options.json);
  let refused = unreadable.length;
  for (const { source, reason } of unreadable) print(`${source}: ${reason}`, { source, refused: reason });
  for (const document of documents) {
    const { source } = document;
    const verdict = checkAnyDocument(document, profile);
    const { name } = verdict;
    if (verdict.kind === 'decoded') {
      const { items } = verdict;
      print(`${source}: ${name} of ${items.length}: ${items.join(', ')}`, { source, document: name, items });
      continue;
    }
    refused += 1;
    const { reason, mismatch } = verdict;
    const came =
      mismatch === undefined
        ? ''
        : `: ${mismatch.member} is ${mismatch.expected}, here is ${mismatch.came.join(', ') || 'none'}`;
    print(`${source}: no ${name} by this profile${came === '' ? `: ${reason}` : came}`, {
      source,
      document: name,
      refused: reason,
      ...(mismatch && { mismatch }),
    });
  }
  if (refused > 0) throw new CliError(`${refused} of ${documents.length + unreadable.length} are otherwise`);
}

function capturesOf(files: readonly string[], profile: PayloadProfile, as: DocumentName | undefined) {
  const captures = (files.length === 0 ? ['-'] : files).map((file) =>
    readCapture(file, octetsOf(file), profile, as),
  );
  const documents: readonly CapturedDocument[] = captures.flatMap((each) => each.documents);
  const unreadable = captures.flatMap((each) => each.unreadable);
  if (documents.length + unreadable.length === 0) throw new UsageError('the captures have no document');
  return { documents, unreadable };
}

function octetsOf(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function textOf({ kind, member, value, source, why }: Finding): string {
  const shown = value === undefined ? '' : ` = ${value === '' ? '""' : value}`;
  const from = [source, why].filter((part) => part !== undefined).join(': ');
  return `${kind.padEnd(13)}  ${member}${shown}  (${from})`;
}

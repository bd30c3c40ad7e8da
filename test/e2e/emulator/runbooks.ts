import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EMULATOR_SETTINGS } from '../../../cli/emulator/cdk.ts';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { outputsOf, STACKS, senderEnvironment } from './deployment.ts';

const ROOT = join(import.meta.dirname, '../../..');
const AWS_CLI = join(ROOT, '.local/aws-cli');
const AWS_VERSION = '1.46.3';

/** What the lines of a runbook that need an account begin with. */
const STARTS = ['git ', 'npm ci', 'npx cdk ', 'aws '];
/** Lines that are not carried out: the clone has the modules of this repository. */
const NOT_RUN = ['npm ci'];
/** What a person answers where the CDK asks. */
const ANSWERS = ' --require-approval never --progress events --ci';

/**
 * Carries out the lines of `git`, `cdk` and `aws` in docs/runbooks.md, and those of the section of
 * operations.md that it refers to, as they stand there, in a clone of this repository and against an emulator
 * that has the stacks. There is no earlier release: both that are named are this commit, and settings differ.
 * @throws Error that names the line, or what it did not do
 */
export async function carryOutRunbooks(say: (what: string) => void): Promise<void> {
  await installAwsCli(say);
  const bed = new RunbookBed();
  try {
    await upgradeAndRollBack(bed);
    say('runbooks: upgraded and rolled back by `git` and `cdk`; nothing that holds data was replaced');
    await restore(bed);
    say('runbooks: a table was restored by `aws`, and both stacks point at it by `cdk`');
    const left = bed.left.filter((line) => !NOT_RUN.includes(line));
    if (left.length > 0) throw new Error(`lines that nobody carried out: ${left.join('; ')}`);
  } finally {
    bed.close();
  }
}

async function upgradeAndRollBack(bed: RunbookBed): Promise<void> {
  const commit = (await bed.run('git rev-parse HEAD')).trim();
  // What was deployed keeps nothing; the stacks of an operator keep their data.
  bed.settings({});
  await bed.run('npx cdk deploy --all --context bmsc=settings.json');
  bed.settings({ delivery: { retransmission: { firstSeconds: 1 } } });
  const [checkout, diff, deploy] = bed.linesOf('Upgrade');
  await bed.run(checkout, { '<release>': commit });
  const changes = await bed.run(diff);
  const replaced = changes
    .split('\n')
    .filter((line) => /AWS::(DynamoDB|KMS|SecretsManager|SQS|Events::EventBus)/.test(line))
    .filter((line) => /replace|destroy/.test(line));
  if (replaced.length > 0) throw new Error(`cdk diff replaces ${replaced.join('; ')}`);
  if (!changes.includes('AWS::ECS::TaskDefinition')) throw new Error('cdk diff does not show what changes');
  await bed.run(deploy);
  await expectRetransmission('1');

  bed.settings({});
  const [back, deployBefore] = bed.linesOf('Roll back');
  await bed.run(back, { '<release before>': commit });
  await bed.run(deployBefore);
  await expectRetransmission('2');
}

async function expectRetransmission(seconds: string): Promise<void> {
  const is = (await senderEnvironment())[SENDER_VARIABLE.retransmissionFirstSeconds];
  if (is !== seconds) throw new Error(`the sender is deployed with ${is} s, not ${seconds}`);
}

async function restore(bed: RunbookBed): Promise<void> {
  const { TableName = '', EncryptionKeyArn = '' } = await outputsOf(STACKS[0]);
  const named = {
    OLD: TableName,
    NEW: 'Restored',
    'KMSMasterKeyId=KEY': `KMSMasterKeyId=${EncryptionKeyArn}`,
  };
  for (const line of bed.linesOf('Backup and restore').filter((each) => each.startsWith('aws ')))
    await bed.run(line, named);
  const described = await bed.run('aws dynamodb describe-table --table-name Restored --query Table.TableArn');
  const arn: string = JSON.parse(described);
  bed.settings({ table: { arn, encryptionKeyArn: EncryptionKeyArn } });
  for (const line of bed.linesOf('Restore the table')) await bed.run(line);
  // The same two, without settings in a file.
  bed.leaveOut((line) => /^npx cdk deploy \w+( --exclusively)?$/.test(line));
  const now = (await outputsOf(STACKS[0])).TableName;
  if (now !== 'Restored') throw new Error(`the stack points at ${now}`);
  const state = await bed.run(
    `aws kms describe-key --key-id ${EncryptionKeyArn} --query KeyMetadata.KeyState`,
  );
  if (JSON.parse(state) !== 'Enabled') throw new Error(`the key of the table is ${state}`);
}

/** A clone of this repository, the lines of the runbooks, and a shell. */
class RunbookBed {
  readonly #clone = mkdtempSync(join(tmpdir(), 'bmsc-runbooks-'));
  readonly #lines = new Map<string, string[]>();
  readonly #left: Set<string>;
  #isCloned = false;

  constructor() {
    const runbooks = readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8');
    const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    for (const [title, lines] of sectionsOf(runbooks)) this.#lines.set(title, lines);
    const title = 'Backup and restore';
    this.#lines.set(title, sectionsOf(operations).get(title) ?? []);
    this.#left = new Set([...this.#lines.values()].flat());
  }

  get left(): readonly string[] {
    return [...this.#left];
  }

  /** Lines of a section that are to be carried out, in their order. */
  linesOf(title: string): readonly string[] {
    return (this.#lines.get(title) ?? []).filter((line) => !NOT_RUN.includes(line));
  }

  leaveOut(isOut: (line: string) => boolean): void {
    for (const line of this.#left) if (isOut(line)) this.#left.delete(line);
  }

  /** Writes `settings.json`, as an operator has it. Data outlive what the runbooks do to the stacks. */
  settings(more: object): void {
    const settings = JSON.parse(readFileSync(EMULATOR_SETTINGS, 'utf8'));
    const retention = { ...settings.retention, data: 'retain' };
    writeFileSync(join(this.#clone, 'settings.json'), JSON.stringify({ ...settings, retention, ...more }));
  }

  /** Runs a line in the clone. @returns what it writes @throws Error with that when it fails */
  async run(line: string | undefined, named: Readonly<Record<string, string>> = {}): Promise<string> {
    if (line === undefined) throw new Error('a runbook has fewer lines than its test');
    await this.#cloneOnce();
    this.#left.delete(line);
    const words = Object.entries(named).reduce((text, [name, value]) => text.replaceAll(name, value), line);
    return shell(words.startsWith('npx cdk deploy') ? words + ANSWERS : words, this.#clone);
  }

  close(): void {
    rmSync(this.#clone, { recursive: true, force: true });
  }

  async #cloneOnce(): Promise<void> {
    if (this.#isCloned) return;
    this.#isCloned = true;
    const folder = join(this.#clone, 'clone');
    await shell(
      `git clone --quiet --shared ${ROOT} ${folder} && mv ${folder}/* ${folder}/.[a-z]* . && rmdir ${folder}`,
      this.#clone,
    );
    symlinkSync(join(ROOT, 'node_modules'), join(this.#clone, 'node_modules'));
  }
}

/** Lines of code that need an account, by the heading above them; a line that goes on is one. */
function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  for (const section of text.split(/^## /m).slice(1)) {
    const [title = '', ...rest] = section.split('\n');
    const lines = rest
      .join('\n')
      .replaceAll(/\\\n\s*/g, '')
      .split('\n');
    sections.set(
      title,
      lines.filter((line) => STARTS.some((start) => line.startsWith(start))),
    );
  }
  return sections;
}

function shell(line: string, cwd: string): Promise<string> {
  const PATH = [join(AWS_CLI, 'bin'), dirname(process.execPath), process.env.PATH].join(':');
  const env = { ...process.env, PATH, AWS_DEFAULT_REGION: process.env.AWS_REGION, AWS_PAGER: '' };
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let all = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      all += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      all += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 && !all.includes('Unknown option')
        ? resolve(line.startsWith('aws ') || line.startsWith('git ') ? output : all)
        : reject(new Error(`${line}: code ${code}\n${all}`)),
    );
  });
}

async function installAwsCli(say: (what: string) => void): Promise<void> {
  if (existsSync(join(AWS_CLI, 'bin/aws'))) return;
  say(`installing the AWS CLI ${AWS_VERSION} from PyPI`);
  await shell(
    `python3 -m venv ${AWS_CLI} && ${AWS_CLI}/bin/pip install --quiet awscli==${AWS_VERSION}`,
    ROOT,
  );
}

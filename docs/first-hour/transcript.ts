import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOCAL_ENDPOINT_URL } from '../../cli/emulator/account.ts';
import type { LocalSystem } from '../../local/system.ts';
import { storyOf } from './story.ts';
import { Phones } from './ues.ts';

const PROGRAM = join(import.meta.dirname, '../../cli/bmsc.ts');

/** That of `npm start`, which the document has for that of this run. */
const KEY_MANAGEMENT_URL = 'http://127.0.0.1:8080/keymanagement';

/** UEs that got an MSK by asking are in the ledger after some seconds, in ms. */
const LEDGER_MS = 7000;

const HEAD = `# An operator's first hour

Written by a program that does all of it: \`npm run first-hour\` runs every line against a local system, as \`npm start\`
gives one, and keeps what it prints. \`bmsc\` stands for \`npm run --silent bmsc --\` in the clone, and for \`npx bmsc\` with the
package. Of a line that changes in place the last state is kept; an exit code other than 0 is noted.`;

/** Goes through the hour with so many subscribers. @returns the document */
export async function writtenHour(system: LocalSystem, subscribers: number): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'bmsc-first-hour-'));
  const phones = new Phones(system.nafFqdn, system.keyManagementUrl);
  writeFileSync(join(home, 'associations.csv'), phones.associationsFile(), { mode: 0o600 });
  const shell = new Shell(home, system);
  const parts = [HEAD];
  try {
    for (const part of storyOf(subscribers)) {
      if (part.kind === 'prose') parts.push(part.text);
      else if (part.kind === 'ues') {
        await phones.act(part.act);
        if (part.act === 'switch-on') await delay(LEDGER_MS);
      } else parts.push(`\`\`\`console\n${(await shell.runAll(part.lines)).join('\n')}\n\`\`\``);
    }
    return `${parts.join('\n\n')}\n`;
  } finally {
    await phones.close();
    rmSync(home, { recursive: true });
  }
}

/** Runs lines in a home folder of its own, and notes what they print. */
class Shell {
  readonly #home: string;
  readonly #endpointUrl: string;
  readonly #keyManagementUrl: string;
  #pushId = '';

  constructor(home: string, { endpointUrl, keyManagementUrl }: LocalSystem) {
    this.#home = home;
    this.#endpointUrl = endpointUrl;
    this.#keyManagementUrl = keyManagementUrl;
  }

  async runAll(lines: readonly string[]): Promise<readonly string[]> {
    const printed: string[] = [];
    for (const line of lines) printed.push(await this.#run(line.replace('PUSH_ID', this.#pushId)));
    return printed;
  }

  async #run(line: string): Promise<string> {
    const bmsc = `bmsc() { "${process.execPath}" "${PROGRAM}" "$@"; }`;
    const here = line.replace(LOCAL_ENDPOINT_URL, this.#endpointUrl);
    const child = spawn('bash', ['-c', `${bmsc}; { ${here}; } 2>&1`], {
      cwd: this.#home,
      env: { PATH: process.env.PATH, HOME: this.#home, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const [code] = await once(child, 'close');
    this.#pushId =
      [...output.matchAll(/push(?:es)? .*?([0-9a-f-]{36}(?:\/push[a-z-]*)?)/g)].at(-1)?.[1] ?? this.#pushId;
    const note = code === 0 ? [] : [`# exit code ${code}`];
    const shown = output.replaceAll(this.#keyManagementUrl, KEY_MANAGEMENT_URL);
    return [`$ ${line}`, ...lastStates(shown), ...note].join('\n');
  }
}

/** A line that begins with a bar changes in place: only where it is the last one does it stay. */
function lastStates(output: string): string[] {
  const lines = output.trimEnd().split('\n');
  return lines.filter((line, index) => line !== '' && (!line.startsWith('[') || index === lines.length - 1));
}

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createInterface as createPrompt } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type SecretKey, secretKeyFromHex } from '../lib/keys/secret-key.ts';
import { CliError, UsageError } from './errors.ts';

/** Where an option says that a key is: in a file, or on standard input. It holds no key. */
export type KeySource = { readonly kind: 'file'; readonly file: string } | { readonly kind: 'input' };

/** How the help names the value of an option for a key. */
export const KEY_VALUE = '<@file|->';

/**
 * `@` and the name of a file, or `-` for standard input. The key itself is refused, as other users of the
 * machine can list the arguments of a program, and shells keep them.
 * @throws UsageError, not commander's own error: that repeats the argument, which may be a key
 */
export function parseKeySource(text: string): KeySource {
  if (text === '-') return { kind: 'input' };
  if (text.startsWith('@') && text.length > 1) return { kind: 'file', file: text.slice(1) };
  throw new UsageError(
    'a key does not stand in the command line, where others can read it: give @ and the name of a file ' +
      'that has its hexadecimal digits, or - to be asked for it (without a terminal: a line of standard input)',
  );
}

/**
 * Reads the keys of one command. Keys on standard input are one a line, in the order in which they are read;
 * at a terminal a person is asked for each, and what is typed does not show.
 */
export class KeyReader {
  #lines: AsyncIterator<string> | undefined;

  /**
   * @param length in octets
   * @param name of the key, for the person who is asked
   * @throws UsageError, which never repeats the key
   */
  async read(source: KeySource, length: number, name: string): Promise<SecretKey> {
    try {
      const text =
        source.kind === 'file' ? readFileSync(source.file, 'utf8') : await this.#lineOfInput(length, name);
      return secretKeyFromHex(text.trim(), length);
    } catch (cause) {
      if (cause instanceof CliError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`${name}: a key is ${length} octets in hexadecimal digits: ${reason}`, { cause });
    }
  }

  async #lineOfInput(length: number, name: string): Promise<string> {
    if (process.stdin.isTTY === true) return askHidden(`${name} (${length * 2} hexadecimal digits): `);
    this.#lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    process.stdin.ref?.();
    const { done, value } = await this.#lines.next();
    // A pipe that stays open must not keep the command from ending.
    process.stdin.unref?.();
    if (done === true) throw new UsageError(`standard input has no line for ${name}`);
    return value;
  }
}

/** Asks at the terminal; what is typed shows nowhere. @throws CliError after Ctrl-C or Ctrl-D */
async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createPrompt({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const stop = new AbortController();
  prompt.once('SIGINT', () => stop.abort());
  prompt.once('close', () => stop.abort());
  try {
    const answer = prompt.question('', { signal: stop.signal });
    process.stderr.write(question);
    return await answer;
  } catch (cause) {
    throw new CliError('interrupted', { cause });
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}

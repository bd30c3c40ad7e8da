import type { Readable } from 'node:stream';
import { formatDuration, formatRate, progressBar } from '../progress-bar.ts';
import type { ImportCounts } from './import-run.ts';

/** A terminal is written to this often, and a log that often, in ms. */
const TERMINAL_EVERY_MS = 200;
const LOG_EVERY_MS = 10_000;
/** Rejections that are told, unless a file has them. */
const REJECTIONS_TOLD = 20;

/** Shows on standard error how an import goes: a line that changes, or a line now and then. */
export class ImportProgress {
  readonly #input: Readable;
  readonly #size: number | undefined;
  readonly #json: boolean;
  readonly #isQuiet: boolean;
  readonly #startedAt = Date.now();
  #shownAt = Date.now();
  #isLineOpen = false;
  #told = 0;
  #untold = 0;

  /**
   * @param size of the input, in octets; undefined: nobody knows
   * @param isQuiet tells no rejections: a file has them
   */
  constructor(
    input: Readable,
    size: number | undefined,
    { json, isQuiet }: { readonly json: boolean | undefined; readonly isQuiet: boolean },
  ) {
    this.#input = input;
    this.#size = size;
    this.#json = json === true;
    this.#isQuiet = isQuiet;
  }

  /** Since the beginning. */
  get seconds(): number {
    return (Date.now() - this.#startedAt) / 1000;
  }

  show({ rows, rejected }: ImportCounts): void {
    const isTerminal = process.stderr.isTTY === true;
    const now = Date.now();
    if (this.#json || now - this.#shownAt < (isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return;
    this.#shownAt = now;
    const line = this.#line(rows, rejected);
    if (isTerminal) process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    else process.stderr.write(`${line}\n`);
    this.#isLineOpen = isTerminal;
  }

  rejected(line: number, reason: string): void {
    if (this.#isQuiet) return;
    this.#told += 1;
    if (this.#told <= REJECTIONS_TOLD) this.#tell(`line ${line}: ${reason}`, { rejected: { line, reason } });
    else this.#untold += 1;
  }

  warn(warning: string): void {
    this.#tell(`warning: ${warning}`, { warning: { message: warning } });
  }

  /** Takes the line that changes away. Repeatable. */
  end(): void {
    this.#clearLine();
    if (this.#untold === 0) return;
    const untold = this.#untold;
    this.#untold = 0;
    const more = `and ${untold} more rejected rows: --rejected <file> has all of them`;
    this.#tell(more, { warning: { message: more } });
  }

  #tell(text: string, fields: Readonly<Record<string, unknown>>): void {
    this.#clearLine();
    process.stderr.write(`${this.#json ? JSON.stringify(fields) : text}\n`);
  }

  #clearLine(): void {
    if (this.#isLineOpen) process.stderr.write('\r\u001b[K');
    this.#isLineOpen = false;
  }

  #line(rows: number, rejected: number): string {
    const { seconds } = this;
    const perSecond = rows / Math.max(0.001, seconds);
    const read = 'bytesRead' in this.#input ? Number(this.#input.bytesRead) : undefined;
    const isKnown = this.#size !== undefined && read !== undefined && this.#size > 0;
    // What is read ahead is not written yet.
    const share = isKnown ? Math.min(0.99, read / (this.#size ?? 1)) : undefined;
    const left = share === undefined || share === 0 ? undefined : (seconds / share) * (1 - share);
    return [
      progressBar(share),
      `${rows} rows`,
      ...(rejected === 0 ? [] : [`${rejected} rejected`]),
      formatRate(perSecond),
      `${left === undefined ? '?' : formatDuration(left)} left`,
    ].join('  ');
  }
}

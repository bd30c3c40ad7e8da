import type { TraceLine } from './requirement.ts';

/** What was sent and received since the last requirement, and what is done once for several of them. */
export class Journal {
  readonly #lines: TraceLine[];
  readonly #kept = new Map<string, { readonly value: Promise<unknown>; lines: readonly TraceLine[] }>();

  /** `lines` may be those of another journal, too: what is kept is not. */
  constructor(lines: TraceLine[] = []) {
    this.#lines = lines;
  }

  add(line: TraceLine): void {
    this.#lines.push(line);
  }

  /** The lines so far; the next requirement starts without them. */
  take(): readonly TraceLine[] {
    return this.#lines.splice(0);
  }

  /** Does something once for all requirements that look at it; each has its lines in its trace. */
  async once<T>(name: string, act: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      this.#lines.push(...kept.lines);
      return kept.value as Promise<T>;
    }
    const start = this.#lines.length;
    const entry = { value: act() as Promise<unknown>, lines: [] as readonly TraceLine[] };
    this.#kept.set(name, entry);
    await entry.value.catch(() => {});
    entry.lines = this.#lines.slice(start);
    return entry.value as Promise<T>;
  }
}

import { type KeyDomainId, parseKeyDomainId } from '../keys/key-domain-id.ts';
import { EVENT_SOURCE } from './contracts.ts';

/**
 * `source` of the commands that the BM-SC gives itself, where operators have sources of their own: the push
 * of a new MSK, and what its schedules put on the bus.
 */
export const OWN_COMMAND_SOURCE = `${EVENT_SOURCE}.commands`;

/** Stands between a source and the Key Domains that it may command: `bss.visited@00f110+21f354`. */
const CONFINED_TO = '@';
const AND = '+';

/** A source as settings and variables name it, with the only Key Domains that it may command, if it is so. */
export function formatCommandSource(source: string, keyDomainIds: readonly KeyDomainId[]): string {
  return keyDomainIds.length === 0 ? source : `${source}${CONFINED_TO}${keyDomainIds.join(AND)}`;
}

/** The inverse; undefined: of any Key Domain. @throws KeysError */
function parseCommandSource(text: string): readonly [string, ReadonlySet<KeyDomainId> | undefined] {
  const [source = '', domains] = text.split(CONFINED_TO);
  return [source, domains === undefined ? undefined : new Set(domains.split(AND).map(parseKeyDomainId))];
}

/** The sources that commands are taken from: those of the operator's systems, and the BM-SC's own. */
export class CommandSources {
  /** The source of commands that the BM-SC gives itself. */
  readonly own: string;
  /** Those of the operator's systems. */
  readonly operators: readonly string[];
  /** The Key Domains that each may command; undefined: any, and what is of none. */
  readonly #keyDomains: ReadonlyMap<string, ReadonlySet<KeyDomainId> | undefined>;

  /**
   * Where the BM-SC's own source is one of the operator's, it is that of its own commands, too: senders of an
   * earlier release take no other.
   * @param operators the sources of the operator's systems, as `formatCommandSource` has them
   * @throws KeysError for a Key Domain that is none
   */
  constructor(operators: readonly string[] = [EVENT_SOURCE]) {
    this.own = operators.includes(EVENT_SOURCE) ? EVENT_SOURCE : OWN_COMMAND_SOURCE;
    const parsed = operators.map(parseCommandSource);
    this.operators = parsed.map(([source]) => source);
    this.#keyDomains = new Map([...parsed, [OWN_COMMAND_SOURCE, undefined]]);
  }

  /** All of them. */
  get accepted(): readonly string[] {
    return [...this.#keyDomains.keys()];
  }

  /** The operator's that may command any Key Domain. */
  get unconfined(): readonly string[] {
    return this.operators.filter((source) => this.keyDomainsOf(source) === undefined);
  }

  has(source: string): boolean {
    return this.#keyDomains.has(source);
  }

  /** The only Key Domains that a source may command; undefined: any. */
  keyDomainsOf(source: string): ReadonlySet<KeyDomainId> | undefined {
    return this.#keyDomains.get(source);
  }

  /** Those that may command one Key Domain and no other. */
  confinedTo(keyDomainId: KeyDomainId): readonly string[] {
    return this.accepted.filter((source) => {
      const only = this.#keyDomains.get(source);
      return only?.size === 1 && only.has(keyDomainId);
    });
  }
}

/** A decoder under the fuzzer. */
export interface FuzzTarget {
  /** Paths, from the root of the repository, whose coverage is counted. */
  readonly files: readonly string[];
  /** Valid inputs to start from. */
  readonly seeds: readonly Uint8Array[];
  /** Tokens that have a meaning in the grammar. */
  readonly tokens?: readonly (string | Uint8Array)[];
  /** Recomputes the MAC over the altered octets, as a sender who knows the key would. */
  readonly repair?: (input: Uint8Array) => Uint8Array;
  /** Decodes; throws only errors that `isExpected` accepts. */
  readonly run: (input: Uint8Array) => void;
  readonly isExpected: (error: unknown) => boolean;
}

/** UTF-8 octets of a text. */
export const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Decodes UTF-8; a malformed sequence becomes U+FFFD. */
export const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);

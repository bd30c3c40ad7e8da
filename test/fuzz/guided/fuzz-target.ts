/** A decoder under the fuzzer. */
export interface FuzzTarget {
  /** Paths, from the root of the repository, that the coverage is counted of. */
  readonly files: readonly string[];
  /** Good inputs to start from. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that the grammar gives a meaning to. */
  readonly tokens?: readonly (string | Uint8Array)[];
  /** Mends what a sender who knows the key would: the MAC over the altered octets. */
  readonly repair?: (input: Uint8Array) => Uint8Array;
  /** Decodes; throws only errors that `isExpected` knows. */
  readonly run: (input: Uint8Array) => void;
  readonly isExpected: (error: unknown) => boolean;
}

/** UTF-8 octets of a text. */
export const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text in octets; what is not UTF-8 becomes U+FFFD. */
export const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);

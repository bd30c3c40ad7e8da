/** A request as the UE sent it, whichever gateway it came through. */
export interface FrontDoorRequest {
  readonly frontDoor: 'http-api-v2' | 'rest-v1' | 'alb';
  readonly method: string;
  /** The path as sent, when the gateway keeps it. */
  readonly path: string;
  /** Other paths of the same target: with or without the stage of the API. */
  readonly otherPaths?: readonly string[];
  /**
   * The query without the question mark: as sent, or rebuilt from its pairs when `targetIsExact` is false.
   */
  readonly query: string;
  readonly targetIsExact: boolean;
  /** Values by header name in lower case; values of a repeated header are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The octets of the body as sent; Base64 of the gateway is decoded. */
  readonly body: Uint8Array;
  /** The IP address of the gateway's peer; empty when the event has none. */
  readonly sourceAddress: string;
  readonly requestId: string;
  /** Whether the gateway expects a list of values for each header (a setting of ALB target groups). */
  readonly needsMultiValueHeaders?: boolean;
}

/** The response to a request. */
export interface HttpResponse {
  readonly status: number;
  /** Values by header name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Decoded query parameters. `+` stays a plus sign: a Request-URI is not an HTML form (RFC 3986 §2.2). */
export function queryParameters({ query }: FrontDoorRequest): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of queryPairs(query)) found.set(name, [...(found.get(name) ?? []), value]);
  return found;
}

/** The pairs of a query in their order, each percent-decoded once if it can be. */
export function queryPairs(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...rest] = part.split('=');
      return [percentDecoded(name), percentDecoded(rest.join('='))];
    });
}

/** Percent-decodes a text once; returns a malformed encoding as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Removes scheme and authority from an absolute URI (RFC 9112 §3.2.2); undefined for no Request-URI. */
export function originFormOf(uri: string): string | undefined {
  if (uri.includes('#')) return undefined;
  if (uri.startsWith('/')) return uri;
  const [, rest] = /^https?:\/\/[^/?]+(.*)$/i.exec(uri) ?? [];
  if (rest === undefined) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * The path that a gateway passes on, without the scheme and authority of a target in absolute form. A text
 * that is no Request-URI stays as it is.
 */
export function pathOfTarget(target: string): string {
  return originFormOf(target) ?? target;
}

/** A path with the escapes of unreserved characters decoded, the others in upper case (RFC 3986 §6.2.2). */
export function normalisedPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : triplet.toUpperCase();
  });
}

/** A request as the UE sent it, whichever gateway it came through. */
export interface FrontDoorRequest {
  readonly frontDoor: 'http-api-v2' | 'rest-v1' | 'alb';
  readonly method: string;
  /** Path as sent where the gateway tells it. */
  readonly path: string;
  /** Further paths that mean the same target, where a stage stands between the UE's path and this one. */
  readonly otherPaths?: readonly string[];
  /** Query as sent, without the question mark; made anew from decoded pairs where `targetIsExact` is false. */
  readonly query: string;
  readonly targetIsExact: boolean;
  /** By names in lower case; a repeated header is joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Octets of the body as sent, whatever the gateway did to carry them. */
  readonly body: Uint8Array;
  /** The peer that the gateway saw; empty where the event tells none. */
  readonly sourceAddress: string;
  readonly requestId: string;
  /** Whether the gateway takes headers only with lists of values (a setting of ALB target groups). */
  readonly needsMultiValueHeaders?: boolean;
}

/** What is sent back. */
export interface HttpResponse {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Decoded query parameters; `+` stays a plus sign: a Request-URI is no HTML form (RFC 3986 §2.2). */
export function queryParameters({ query }: FrontDoorRequest): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of queryPairs(query)) found.set(name, [...(found.get(name) ?? []), value]);
  return found;
}

/** The pairs of a query in their order, percent-decoded once; what can't be decoded stays as it is. */
export function queryPairs(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...rest] = part.split('=');
      return [percentDecoded(name), percentDecoded(rest.join('='))];
    });
}

/** Percent-decodes once; what is no proper encoding stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

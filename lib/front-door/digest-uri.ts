import { type FrontDoorRequest, percentDecoded, queryPairs } from './request.ts';

/**
 * Whether the `uri` of a Digest means the request's target (RFC 7616 §3.4.6). The octets that were signed
 * are never rebuilt; here they are compared by meaning, since gateways decode and sort: origin or
 * absolute form, path percent-decoded once, query as decoded pairs in any order, each as often, with `a`
 * and `a=` the same. The authority of an absolute URI is not compared: an edge in front replaces `Host`.
 * False for what is no Request-URI.
 */
export function isDigestUriOfRequest(uri: string, request: FrontDoorRequest): boolean {
  const target = originFormOf(uri);
  if (target === undefined) return false;
  const [path = '', query = ''] = splitOnce(target, '?');
  const wanted = percentDecoded(path);
  // A gateway may have decoded the path already, so it is taken as it stands, too.
  const isPath = [request.path, ...(request.otherPaths ?? [])].some(
    (each) => wanted === each || wanted === percentDecoded(each),
  );
  return isPath && normalised(query, request) === normalised(request.query, request);
}

/** `http://host/path?query` without scheme and host, or what is in origin form already. */
function originFormOf(uri: string): string | undefined {
  if (uri.includes('#')) return undefined;
  if (uri.startsWith('/')) return uri;
  const [, rest] = /^https?:\/\/[^/?]+(.*)$/i.exec(uri) ?? [];
  if (rest === undefined) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A REST API decodes before it hands on: there a plus sign may be what the UE wrote as `+`, `%2B` or `%20`. */
function normalised(query: string, { frontDoor }: FrontDoorRequest): string {
  const spelt = (text: string) => (frontDoor === 'rest-v1' ? text.replaceAll('+', ' ') : text);
  return JSON.stringify(
    queryPairs(query)
      .map((pair) => JSON.stringify(pair.map(spelt)))
      .sort(),
  );
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

import { type FrontDoorRequest, percentDecoded, queryPairs } from './request.ts';

/**
 * Whether the `uri` of a Digest means the request's target (RFC 7616 §3.4.6). The octets that were signed
 * are never rebuilt; here they are compared by meaning, since gateways decode and sort: origin or
 * absolute form, path percent-decoded once, query as decoded pairs in any order, each as often.
 */
export function isDigestUriOfRequest(uri: string, request: FrontDoorRequest): boolean {
  const target = originFormOf(uri);
  if (target === undefined) return false;
  const [path = '', query = ''] = splitOnce(target, '?');
  if (percentDecoded(path) !== percentDecoded(request.path)) return false;
  return normalised(query) === normalised(request.query);
}

/** `http://host/path?query` without scheme and host, or what is in origin form already. */
function originFormOf(uri: string): string | undefined {
  if (uri.includes('#')) return undefined;
  if (uri.startsWith('/')) return uri;
  const [, rest] = /^https?:\/\/[^/?]+(.*)$/i.exec(uri) ?? [];
  if (rest === undefined) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function normalised(query: string): string {
  return JSON.stringify(
    queryPairs(query)
      .map((pair) => JSON.stringify(pair))
      .sort(),
  );
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

import { type FrontDoorRequest, originFormOf, percentDecoded, queryPairs } from './request.ts';

/**
 * Whether the `uri` of a Digest names the request's target (RFC 7616 §3.4.6). Compares by meaning, because
 * gateways decode and sort: origin or absolute form; the path percent-decoded once; the query as decoded
 * pairs in any order, each as often, where `a` equals `a=`. Ignores the authority of an absolute URI, because
 * an edge replaces `Host`. The Digest itself covers the octets of `uri` as sent. False for a text that is not
 * a Request-URI.
 */
export function isDigestUriOfRequest(uri: string, request: FrontDoorRequest): boolean {
  const target = originFormOf(uri);
  if (target === undefined) return false;
  const [path = '', query = ''] = splitOnce(target, '?');
  const decoded = percentDecoded(path);
  // A gateway may have decoded the request's path already, so it is compared both ways.
  const isPath = [request.path, ...(request.otherPaths ?? [])].some(
    (each) => decoded === each || decoded === percentDecoded(each),
  );
  return isPath && normalised(query, request) === normalised(request.query, request);
}

/**
 * The pairs in sorted order. A REST API decodes the query: there a blank may stand for `+`, `%2B` or `%20` of
 * the UE.
 */
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

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSecurityDescriptionJson } from '../../lib/service-description/json.ts';
import { decodeSecurityDescriptionXml } from '../../lib/service-description/xml.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { bmsc } from '../cli/run.ts';
import { freePorts } from '../free-ports.ts';

const SERVICE = 'urn:example:news';
let system: LocalSystem;

beforeAll(async () => {
  system = await startLocalSystem(await freePorts(), () => {});
  const at = ['--endpoint-url', system.endpointUrl, '--stack', system.stackName];
  await bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0010', ...at);
}, 240_000);
afterAll(() => system?.close());

const urlOf = (format: string, name = encodeURIComponent(SERVICE)) =>
  new URL(`/servicedescription/${format}/${name}`, system.keyManagementUrl);

describe('the description of a User Service over HTTP', () => {
  test.each([
    ['xml', 'application/mbms-protection-description+xml', decodeSecurityDescriptionXml],
    ['json', 'application/json', decodeSecurityDescriptionJson],
  ] as const)('is %s of its media type, and names this system', async (format, type, decode) => {
    for (const name of [SERVICE, encodeURIComponent(SERVICE)]) {
      const answer = await fetch(urlOf(format, name));
      const text = await answer.text();
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
      expect(decode(text)).toMatchObject({ servers: [system.keyManagementUrl], backOff: undefined });
    }
  });

  test('is not sent again to who has it, and is another one when the service has another Key Group', async () => {
    const etag = (await fetch(urlOf('xml'))).headers.get('etag') ?? expect.fail();
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    const again = (held: string) => fetch(urlOf('xml'), { headers: { 'if-none-match': held } });
    for (const held of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await again(held);
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    }
    expect((await again('"x"')).status).toBe(200);
    const at = ['--endpoint-url', system.endpointUrl, '--stack', system.stackName];
    await bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0011', ...at);
    expect((await again(etag)).status).toBe(200);
  });

  test('has no octets for HEAD, and takes no other method', async () => {
    const head = await fetch(urlOf('json'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(urlOf('json'), { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test.each([
    ['an unknown User Service', 'xml/urn:example:none'],
    ['an unknown format', `yaml/${SERVICE}`],
    ['no User Service', 'xml/'],
    ['a malformed encoding', 'xml/%E0%A4%A'],
  ])('is none for %s', async (_, rest) => {
    const answer = await fetch(new URL(`/servicedescription/${rest}`, system.keyManagementUrl));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([404, 'no-cache']);
  });

  test('is beside the key management URI, which challenges as ever', async () => {
    const answer = await fetch(`${system.keyManagementUrl}?requesttype=msk-request`, {
      method: 'POST',
      headers: { 'content-type': 'application/mbms-msk+xml' },
    });
    expect(answer.status).toBe(401);
  });
});

import { expect, test } from 'vitest';
import { checkHost, HostError, localHostOf } from '../../local/host.ts';
import { start } from '../cli/run.ts';
import { HAS_IPV6 } from '../ipv6.ts';

test.each([
  ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1', ['127.0.0.1']],
  ['127.0.0.5', '127.0.0.5', '127.0.0.5', '127.0.0.5', ['127.0.0.5']],
  ['::1', '::1', '::1', '::1', ['::1']],
  ['0:0::0001', '::1', '::1', '::1', ['::1']],
  ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1', ['127.0.0.1']],
  ['192.0.2.1', '192.0.2.1', '192.0.2.1', '127.0.0.1', ['192.0.2.1']],
  ['2001:db8::1', '2001:db8::1', '2001:db8::1', '::1', ['2001:db8::1']],
  ['0.0.0.0', '0.0.0.0', '127.0.0.1', '127.0.0.1', ['0.0.0.0']],
  ['::', '::', '::1', '::1', ['0.0.0.0', '::']],
])(
  '%s has its addresses, and what gives keys to everybody is on loopback',
  (text, api, reachable, loopback, sender) => {
    expect(localHostOf(text)).toEqual({ api, reachable, loopback, sender });
  },
);

test.each(['', 'localhost', '[::1]', '127.0.0.1:80', '127.1', 'fe80::1%lo'])('"%s" is no host', (text) => {
  expect(() => localHostOf(text)).toThrow(HostError);
});

test('npm start says what a host is, and ends with code 1', async () => {
  const { code, stderr } = await start('node', ['local/start.js', '--host', 'localhost', '--once']).finished;
  expect(code).toBe(1);
  expect(stderr).toContain(
    'a host is an IP address without a zone, such as 127.0.0.1 or ::1, not "localhost"',
  );
});

test('an address of another machine is refused by its name', async () => {
  await expect(checkHost(localHostOf('203.0.113.9'))).rejects.toThrow(
    'this machine does not have the address 203.0.113.9',
  );
  if (HAS_IPV6)
    await expect(checkHost(localHostOf('2001:db8::9'))).rejects.toThrow(
      'this machine does not have the address 2001:db8::9',
    );
});

test('an address of this machine can be had', async () => {
  await checkHost(localHostOf('127.0.0.1'));
  if (HAS_IPV6) await checkHost(localHostOf('::'));
});

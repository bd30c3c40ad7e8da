import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseEnvironment, settingsOfWorker } from '../../../functions/key-distribution/environment.ts';
import { createContext } from '../../../functions/key-request/container.ts';

const SENDER = {
  BMSC_TABLE_NAME: 'table',
  BMSC_KEY_ARN: 'arn:aws:kms:us-east-1:000000000000:key/1',
  BMSC_EVENT_BUS_NAME: 'bus',
  BMSC_QUEUE_URL: 'http://127.0.0.1/queue',
  BMSC_NAF_FQDN: 'bmsc.home1.net',
};

describe('the environment of the sender', () => {
  test('has defaults for what may be left out, or is empty', () => {
    expect(parseEnvironment({ ...SENDER, BMSC_UDP_PORT: '', OTHER: 'x' })).toMatchObject({
      udpAddresses: ['0.0.0.0'],
      udpPort: 2269,
      workers: availableParallelism(),
      verification: true,
      sendReplays: false,
    });
  });

  test.each(Object.keys(SENDER))('without %s is refused by that name', (name) => {
    const without = `${name} is missing`;
    expect(() => parseEnvironment({ ...SENDER, [name]: undefined })).toThrow(without);
    expect(() => parseEnvironment({ ...SENDER, [name]: '' })).toThrow(without);
  });

  test.each([
    ['BMSC_UDP_PORT', 'secret-by-mistake', 'a number'],
    ['BMSC_UDP_PORT', '65536', '<=65535'],
    ['BMSC_UDP_ADDRESS', '127.0.0.1, localhost', 'IP addresses'],
    ['BMSC_VERIFICATION', 'yes', '("true" | "false")'],
    ['BMSC_SENDER_WORKERS', '0', '>=1'],
    ['BMSC_RETRANSMISSION_TRIES', '0', '>=1'],
    ['BMSC_DRAIN_S', '111', '<=110'],
    ['BMSC_REPLAYS', 'some', '("ignore" | "send")'],
  ])('with %s=%s is refused by the name and what it takes', (name, text, takes) => {
    const refusal = () => parseEnvironment({ ...SENDER, [name]: text });
    expect(refusal).toThrow(`wrong environment: ${name} takes ${takes}`);
    expect(refusal).not.toThrow(text);
  });
});

test('workers share the rates and limits of their task, and nothing else is changed', () => {
  const settings = parseEnvironment({
    ...SENDER,
    BMSC_PER_SECOND: '2000',
    BMSC_PER_PREFIX_PER_SECOND: '50',
    BMSC_MAX_UES_UNDER_WAY: '1001',
  });
  expect(settingsOfWorker(settings, 4)).toEqual({
    ...settings,
    perSecond: 500,
    perPrefixPerSecond: 12.5,
    maxUesUnderWay: 251,
  });
  expect(settingsOfWorker(parseEnvironment(SENDER), 4).perPrefixPerSecond).toBe(undefined);
});

test('the environment of the Key Request function is refused by the names of what is wrong, all at once', async () => {
  const wrong = {
    ...SENDER,
    BMSC_TABLE_NAME: undefined,
    BMSC_DIGEST_QOP: 'auth-conf',
    BMSC_NONCE_LIFETIME_S: 'x',
  };
  await expect(createContext(wrong)).rejects.toThrow(
    /BMSC_TABLE_NAME is missing.*BMSC_NONCE_SECRET_ARN is missing.*BMSC_DIGEST_QOP takes .*BMSC_NONCE_LIFETIME_S takes a number/,
  );
});

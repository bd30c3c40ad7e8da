import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  environmentOf,
  KEY_REQUEST_VARIABLE,
  KEY_ROTATION_VARIABLE,
  SENDER_VARIABLE,
  ZN_VARIABLE,
} from '../../../functions/environment-variables.ts';
import { parseEnvironment, settingsOfWorker } from '../../../functions/key-distribution/environment.ts';
import { createContext as createKeyRequestContext } from '../../../functions/key-request/container.ts';
import { createContext as createKeyRotationContext } from '../../../functions/key-rotation/container.ts';

const OBSERVERS = { onFailedRead: () => undefined, onLookUp: () => undefined };

const SENDER = {
  [SENDER_VARIABLE.tableName]: 'table',
  [SENDER_VARIABLE.keyArn]: 'arn:aws:kms:us-east-1:000000000000:key/1',
  [SENDER_VARIABLE.eventBusName]: 'bus',
  [SENDER_VARIABLE.queueUrl]: 'http://127.0.0.1/queue',
  [SENDER_VARIABLE.deadLetterQueueUrl]: 'http://127.0.0.1/dead-letters',
  [SENDER_VARIABLE.nafFqdn]: 'bmsc.home1.net',
};

describe('the environment of the sender', () => {
  test('has defaults for what may be left out, or is empty', () => {
    expect(parseEnvironment({ ...SENDER, [SENDER_VARIABLE.udpPort]: '', OTHER: 'x' })).toMatchObject({
      udpAddresses: ['0.0.0.0', '::'],
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
    [SENDER_VARIABLE.udpPort, 'secret-by-mistake', 'a number'],
    [SENDER_VARIABLE.udpPort, '65536', '<=65535'],
    [SENDER_VARIABLE.udpAddresses, '127.0.0.1, localhost', 'IP addresses'],
    [SENDER_VARIABLE.verification, 'yes', '("true" | "false")'],
    [SENDER_VARIABLE.workers, '0', '>=1'],
    [SENDER_VARIABLE.native, 'sometimes', '("auto" | "off")'],
    [SENDER_VARIABLE.retransmissionTries, '0', '>=1'],
    [SENDER_VARIABLE.drainSeconds, '111', '<=110'],
    [SENDER_VARIABLE.replays, 'some', '("ignore" | "send")'],
  ])('with %s=%s is refused by the name and what it takes', (name, text, takes) => {
    const refusal = () => parseEnvironment({ ...SENDER, [name]: text });
    expect(refusal).toThrow(`wrong environment: ${name} takes ${takes}`);
    expect(refusal).not.toThrow(text);
  });
});

test('workers share the rates and limits of their task, and nothing else is changed', () => {
  const settings = parseEnvironment({
    ...SENDER,
    [SENDER_VARIABLE.perSecond]: '2000',
    [SENDER_VARIABLE.perPrefixPerSecond]: '50',
    [SENDER_VARIABLE.maxUesInProgress]: '1001',
  });
  expect(settingsOfWorker(settings, 4)).toEqual({
    ...settings,
    perSecond: 500,
    perPrefixPerSecond: 12.5,
    maxUesInProgress: 251,
  });
  expect(settingsOfWorker(parseEnvironment(SENDER), 4).perPrefixPerSecond).toBe(undefined);
});

test('the environment of the Key Request function is refused by the names of all that is wrong', async () => {
  const { tableName, nonceSecretArn, digestQop, nonceLifetimeSeconds } = KEY_REQUEST_VARIABLE;
  const wrong = { ...SENDER, [tableName]: undefined, [digestQop]: 'auth-conf', [nonceLifetimeSeconds]: 'x' };
  await expect(createKeyRequestContext(wrong, OBSERVERS)).rejects.toThrow(
    new RegExp(
      `${tableName} is missing.*${nonceSecretArn} is missing.*${digestQop} takes .*${nonceLifetimeSeconds} takes a number`,
    ),
  );
});

test('the environment of the Key Rotation function is refused without a word of what it holds', () => {
  const { leadTimeSeconds, scheduleGroup } = KEY_ROTATION_VARIABLE;
  const refusal = () => createKeyRotationContext({ ...SENDER, [leadTimeSeconds]: 'secret-by-mistake' });
  expect(refusal).toThrow(`${scheduleGroup} is missing`);
  expect(refusal).toThrow(`${leadTimeSeconds} takes a number`);
  expect(refusal).not.toThrow('secret-by-mistake');
});

test('an environment sets what is given, and leaves out the rest', () => {
  expect(environmentOf(SENDER_VARIABLE, { tableName: 'table', udpPort: undefined })).toEqual({
    [SENDER_VARIABLE.tableName]: 'table',
  });
});

test('the name of each variable stands in one file', () => {
  const root = join(import.meta.dirname, '../../..');
  const home = 'functions/environment-variables.ts';
  const names = Object.values({
    ...KEY_REQUEST_VARIABLE,
    ...KEY_ROTATION_VARIABLE,
    ...SENDER_VARIABLE,
    ...ZN_VARIABLE,
  });
  const files = ['functions', 'cdk', 'lib', 'local', 'cli', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  expect(files).toContain(home);
  for (const file of files.filter((each) => each !== home)) {
    const source = readFileSync(join(root, file), 'utf8');
    expect({ file, names: names.filter((name) => source.includes(name)) }).toEqual({ file, names: [] });
  }
});

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { demonstrate } from '../../local/demonstration.ts';
import type { LocalSystem } from '../../local/system.ts';
import { keyFile } from '../cli/key-file.ts';
import { startTestSystem } from '../local-system.ts';
import { holdsKey, octetsInTable } from '../store/octets-in.ts';

let system: LocalSystem;

beforeAll(async () => {
  system = await startTestSystem();
});

afterAll(() => system?.close());

/** The command line in a process of its own, against the running system. */
async function bmsc(...words: string[]): Promise<unknown> {
  const program = join(import.meta.dirname, '../../cli/bmsc.ts');
  const where = ['--local', '--endpoint-url', system.endpointUrl, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, ...where]);
  return JSON.parse(stdout);
}

function contents(): Promise<Buffer> {
  const dynamodb = new DynamoDBClient({
    endpoint: system.endpointUrl,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  return octetsInTable(dynamodb, system.outputs.TableName ?? '');
}

test('no key stands in the table, before and after a rotation of the data key, and the system keeps working', async () => {
  const keys: Uint8Array[] = [];
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
  /** Provisions a UE and an MSK with keys that the test knows. */
  const provision = async (n: number) => {
    const [ksNaf, msk] = [randomBytes(32), randomBytes(16)];
    const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(ksNaf) });
    keys.push(ksNaf, msk, muk.exposeOctets(), mrk.exposeOctets());
    const btid = `${createHash('md5').update(String(n)).digest('base64')}@bsf.home1.net`;
    await bmsc('provision', 'association', btid, `ue${n}@home1.net`, '--ks-naf', keyFile(hex(ksNaf)));
    await bmsc('provision', 'msk', '001-01', `000${n}0001`, '--key', keyFile(hex(msk)));
  };

  await provision(7);
  expect(await demonstrate(system, () => {})).toBe(true);
  expect(await bmsc('rotate', 'data-key')).toEqual({ dataKeyId: 2 });
  await provision(8);
  // The Lambda and the sender hold data key 1 only: what this writes is sealed under data key 2.
  expect(await demonstrate(system, () => {})).toBe(true);

  const kept = await contents();
  expect(kept.includes('ue7@home1.net') && kept.includes('ue8@home1.net')).toBe(true);
  for (const key of keys) expect(holdsKey(kept, key)).toBe(false);
});

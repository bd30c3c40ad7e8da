import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataFolder, DataFolderError } from '../../local/aws/data-folder.ts';
import { LocalKms } from '../../local/aws/kms.ts';
import { LocalSecrets } from '../../local/aws/secrets.ts';

const ARN = 'arn:aws:kms:us-east-1:000000000000:key/one';
let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'bmsc-data-'));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test('what one process wrapped, the next one opens, and the owner alone can read the keys', () => {
  const folder = join(parent, 'kept', 'deep');
  const first = new LocalKms([ARN], new DataFolder(folder).texts('keys'));
  const context = { EncryptionContext: { table: 't' } };
  const wrapped = first.answer('GenerateDataKeyWithoutPlaintext', {
    KeyId: ARN,
    KeySpec: 'AES_256',
    ...context,
  });
  const open = (kms: LocalKms) => kms.answer('Decrypt', { KeyId: ARN, ...context, ...(wrapped as object) });
  const second = new LocalKms([ARN], new DataFolder(folder).texts('keys'));
  expect(open(second)).toEqual(open(first));
  expect(() => open(new LocalKms([ARN]))).toThrow('another key');
  expect(statSync(join(folder, 'keys.json')).mode & 0o077).toBe(0);
});

test('a secret keeps its versions', () => {
  const folder = join(parent, 'secrets');
  const secrets = () => new LocalSecrets([ARN], new DataFolder(folder).texts('secrets'));
  secrets().answer('PutSecretValue', { SecretId: ARN, SecretString: 'one' });
  secrets().answer('PutSecretValue', { SecretId: ARN, SecretString: 'two' });
  const versionOf = (VersionStage: string) =>
    secrets().answer('GetSecretValue', { SecretId: ARN, VersionStage });
  expect(versionOf('AWSCURRENT')).toMatchObject({ SecretString: 'two' });
  expect(versionOf('AWSPREVIOUS')).toMatchObject({ SecretString: 'one' });
});

test('a folder that another process uses is refused, and one of a process that is gone is not', async () => {
  const folder = join(parent, 'used');
  new DataFolder(folder);
  const file = join(folder, 'process');
  writeFileSync(file, String(process.ppid));
  expect(() => new DataFolder(folder)).toThrow(DataFolderError);
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.pid']);
  writeFileSync(file, stdout.trim());
  new DataFolder(folder);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
});

test('a damaged file is named', () => {
  const folder = join(parent, 'damaged');
  const data = new DataFolder(folder);
  writeFileSync(join(folder, 'keys.json'), '{"a":');
  expect(() => data.texts('keys')).toThrow(/keys\.json can't be read/);
});

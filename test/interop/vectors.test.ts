import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeWith, type Peer, runs } from '../peers.ts';
import { FOLDER, inputsOf, vectorFiles } from '../vectors/data-set.ts';

const PYTHON: Peer = {
  name: 'python3',
  isThere: () => runs('python3', '--version'),
  install: 'apt-get install python3',
};

/** The second implementation. It knows RFCs and clauses, and none of our code. */
const CHECK = join(import.meta.dirname, 'vectors/check.py');
const folder = mkdtempSync(join(tmpdir(), 'bmsc-vectors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(vectors: string) {
  const { status, stdout, stderr } = spawnSync('python3', ['-B', CHECK, vectors], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  const lines = stdout.trim().split('\n');
  return { status, counts: JSON.parse(lines.at(-1) ?? ''), disagreements: lines.slice(0, -1) };
}

describeWith(PYTHON, 'the second implementation', () => {
  test('makes and judges the whole data set as it stands', () => {
    const { status, counts, disagreements } = check(FOLDER);
    expect(disagreements).toEqual([]);
    expect(status).toBe(0);
    const groups = [...vectorFiles().values()].flatMap(({ testGroups }) => testGroups);
    const inputs = groups.flatMap((group) => group.tests.flatMap((each) => inputsOf(each, group)));
    expect(counts.judged).toBe(inputs.length);
    console.log(
      `the second implementation agrees: ${counts.judged} inputs judged (${counts.acceptable} acceptable), ${counts.made} messages made, ${counts.types} kinds`,
    );
  });

  test.each([
    [
      'mikey-msk-push.json',
      (text: string) => text.replace(/("comment": "MAC of zeros",\s*"result": )"invalid"/, '$1"valid"'),
    ],
    ['xml-payloads.json', (text: string) => text.replace('"item": "keys/key"', '"item": "keys/k"')],
    ['xml-payloads.json', (text: string) => text.replace('"granted": "OK"', '"granted": "NO"')],
    ['http-digest.json', (text: string) => text.replace(/"hashOfA2": "./, '"hashOfA2": "x')],
    ['milenage.json', (text: string) => text.replace(/"macS": "./, '"macS": "x')],
    ['ub.json', (text: string) => text.replace(/"hashOfA1": "./, '"hashOfA1": "x')],
    ['gba-keys.json', (text: string) => text.replace(/"mrk": "./, '"mrk": "x')],
    ['zn.json', (text: string) => text.replace(/("gsIds": \[\s*)4/, (_, before) => `${before}5`)],
  ])('finds what is wrong in %s', (name, spoil) => {
    cpSync(FOLDER, folder, { recursive: true });
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const spoiled = spoil(text);
    expect(spoiled).not.toBe(text);
    writeFileSync(join(folder, name), spoiled);
    const { status, disagreements } = check(folder);
    expect(status).toBe(1);
    expect(disagreements.join()).toContain(name);
  });
});

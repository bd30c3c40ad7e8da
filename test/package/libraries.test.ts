import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import event from '../../schemas/1.0/examples/push-msk.json' with { type: 'json' };
import digests from '../vectors/http-digest.json' with { type: 'json' };
import vectors from '../vectors/mikey.json' with { type: 'json' };
import { NODES, octetsOnDisk, Project } from './installation.ts';

/** As `du -m` has it. */
const MB = 2 ** 20;
const tarball = inject('tarball');
const [digest] = digests.published;
const INPUTS = JSON.stringify({ inputs: vectors.inputs, digest, event });

test('the tests have Nodes that the package is for: in CI two at least', () => {
  const majors = NODES.map(({ major }) => major);
  if (process.env.CI !== undefined) expect(majors.length).toBeGreaterThanOrEqual(2);
  if (majors.length < 3) console.log('for the others: npm i --prefix .local/node-20 node@20, and for 22');
});

test('the tarball is small, and has no source, no test and nothing of development', () => {
  const { size } = statSync(tarball);
  console.log(`packed: ${size} octets`);
  expect(size).toBeLessThanOrEqual(1_000_000);
});

describe.each(NODES)('with Node $major', ({ program }) => {
  let project: Project;
  const parts = (...folders: readonly string[]) => join(project.folder, 'node_modules', ...folders);

  beforeAll(() => {
    project = new Project(program).write('package.json', {}).copy('test/package/consumer').install(tarball);
  });
  afterAll(() => rmSync(project.folder, { recursive: true, force: true }));

  test('it installs without CDK, compilers, emulators and scripts, in at most 45 MB', () => {
    const octets = octetsOnDisk(parts());
    console.log(`installed: ${readdirSync(parts()).length} folders, ${(octets / MB).toFixed(1)} MB`);
    expect(octets).toBeLessThanOrEqual(45 * MB);
    const lock = JSON.parse(readFileSync(join(project.folder, 'package-lock.json'), 'utf8'));
    const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    for (const name of [
      'aws-cdk-lib',
      'esbuild',
      'assemblyscript',
      'dynalite',
      'vitest',
      'koffi',
      'typescript',
    ])
      expect(names).not.toContain(name);
    expect(
      Object.values<{ hasInstallScript?: true }>(lock.packages).filter((each) => each.hasInstallScript),
    ).toEqual([]);
    expect(readdirSync(parts('.bin'))).not.toContain('node');
  });

  test('npx bmsc runs', () => {
    expect(project.run('npx', 'bmsc', '--version')).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
    const { code, stdout } = project.run('npx', 'bmsc', 'ue', 'run', '--help');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: bmsc ue run')]);
  });

  test('the console serves the library of its page, which is no dependency', () => {
    const files = parts('bmsc-key-management/cli/console/static-files.js');
    const script = `import(${JSON.stringify(files)}).then(async ({ staticFile }) =>
      console.log((await staticFile('/vendor/lit-html.js')).octets.length))`;
    expect(Number(project.run('node', '-e', script).stdout)).toBeGreaterThan(5000);
    expect(existsSync(parts('lit-html'))).toBe(false);
  });

  test.each(['import.mjs', 'require.cjs'])('%s uses the libraries', (file) => {
    const { stdout, stderr } = project.run('node', file, INPUTS);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      message: vectors.msk.message,
      msk: vectors.inputs.msk,
      bTid: 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net',
      isDigestCorrect: true,
      event: ['e-0001', 0x0010],
      startUe: 'function',
    });
  });

  test('what is no part of the interface can’t be imported', () => {
    const { stderr } = project.run('node', '-e', 'import("bmsc-key-management/lib/mikey/writer.js")');
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { FUNCTION_NAMES } from '../../cdk/constructs/bundling.ts';
import { SERVICES } from '../../functions/bundle-service.ts';
import { PEERS } from '../../packaging/manifest.ts';
import { type Ended, NODES, Project } from './installation.ts';

const ROOT = join(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const [oldest] = NODES;

/**
 * One installation for all apps, for the CDK has 190 MB: with the oldest CDK that the package takes. The
 * README's has the newest.
 */
let project: Project;
beforeAll(() => {
  project = new Project(oldest?.program ?? process.execPath).write('package.json', {});
  const peers = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`);
  project.install(inject('tarball'), ...peers);
});
afterAll(() => rmSync(project.folder, { recursive: true, force: true }));

/** Copies an example beside what is installed. */
function copyExample(name: string): void {
  cpSync(join(ROOT, 'examples', name), join(project.folder, name), { recursive: true });
}

/** Runs the compiler of this repository on files of the project. */
function compile(folder: string, options: object, files: readonly string[]): Ended {
  const compilerOptions = {
    target: 'ES2023',
    module: 'NodeNext',
    strict: true,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
    ...options,
  };
  writeFileSync(join(project.folder, folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return project.run('node', TSC, '--project', folder);
}

/** Synthesizes an app under a Node, and reads what it made. */
function synthesize(node: string, program: string) {
  const outdir = `${program}.out`;
  const { code, stderr } = project.run('env', `CDK_OUTDIR=${outdir}`, node, program);
  expect([code, stderr]).toEqual([0, '']);
  const assembly = join(project.folder, outdir);
  const assets = readdirSync(assembly).filter((name) => name.startsWith('asset.'));
  const files = assets.flatMap((name) => readdirSync(join(assembly, name)));
  const names = new Set(files.map((file) => file.replace(/^shared-\w+/, 'shared')));
  const template = JSON.parse(readFileSync(join(assembly, 'Broadcast.template.json'), 'utf8'));
  return { files: [...names].sort(), types: typesOf(template), outputs: Object.keys(template.Outputs) };
}

function typesOf({ Resources }: { Resources: Record<string, { Type: string }> }): ReadonlySet<string> {
  return new Set(Object.values(Resources).map(({ Type }) => Type));
}

/** What the functions are made of, and the images of the services. */
const BUNDLES = [
  ...FUNCTION_NAMES.map((name) => `${name}.mjs`),
  ...SERVICES.flatMap((name) => [`${name}.Dockerfile`, `${name}.mjs`]),
  ...['msk-messages.wasm', 'package-lock.json', 'package.json', 'shared.mjs'],
].sort();

/** The Nodes besides the one that the app in TypeScript runs on. */
const OTHERS = NODES.filter(({ program }) => program !== process.execPath);

test('the apps have the oldest CDK that the package says it takes', () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(project.folder, 'node_modules', name, 'package.json'), 'utf8'));
  const installed = Object.keys(PEERS).map((name) => [name, `^${read(name).version}`]);
  expect(read('bmsc-key-management').peerDependencies).toEqual(Object.fromEntries(installed));
});

test.each(OTHERS)('an app in JavaScript synthesizes from bundles, with Node $major', ({ program }) => {
  copyExample('cdk-app-javascript');
  const { files, types } = synthesize(program, 'cdk-app-javascript/app.js');
  expect(files).toEqual(BUNDLES);
  for (const type of [
    'AWS::Lambda::Function',
    'AWS::ECS::Service',
    'AWS::DynamoDB::Table',
    'AWS::CloudFront::Distribution',
  ])
    expect(types).toContain(type);
});

test('an app in TypeScript compiles and synthesizes', () => {
  copyExample('cdk-app-typescript');
  const options = { outDir: 'dist', rootDir: '.', skipLibCheck: true };
  expect(compile('cdk-app-typescript', options, ['app.ts'])).toMatchObject({ code: 0, stdout: '' });
  const { files, outputs } = synthesize(process.execPath, 'cdk-app-typescript/dist/app.js');
  expect(files).toEqual(BUNDLES);
  expect(outputs).toContain('UesAsk');
});

test('the types hold: what is right compiles, and what is wrong does not', () => {
  cpSync(join(ROOT, 'test/package/consumer'), join(project.folder, 'types'), { recursive: true });
  const libraries = compile('types', { noEmit: true, skipLibCheck: false }, ['types.ts']);
  expect(libraries).toMatchObject({ code: 0, stdout: '' });
  const construct = compile('types', { noEmit: true, skipLibCheck: true }, ['cdk-types.ts']);
  expect(construct).toMatchObject({ code: 0, stdout: '' });
});

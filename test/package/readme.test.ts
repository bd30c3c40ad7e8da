import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { run } from '../../packaging/release/run.ts';
import { INSTALLATION_MS, NODES, Project } from './installation.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const [oldest] = NODES;

/** The code of a section of the README, in order: what is run in a shell, or a program. */
function codeOf(heading: string, language: 'sh' | 'ts'): string[] {
  const section = new RegExp(`^## ${heading}$.*?(?=^## )`, 'ms').exec(README)?.[0] ?? '';
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) =>
    code.trim(),
  );
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-readme-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('to deploy it, a file of settings is written, and what the CDK deploys is synthesized', () => {
  const [write = '', deploy = ''] = (codeOf('Deploy it', 'sh')[0] ?? '').split('\n');
  expect(deploy).toMatch(/^npx cdk bootstrap .* && npx cdk deploy --all /);
  // In the clone as it is, but for settings of another name; there is no account to deploy to.
  const settings = join(folder, 'settings.json');
  const inFolder = (line: string) => line.replaceAll('settings.json', settings);
  run('sh', ['-c', inFolder(write)]);
  const synthesize = deploy.replace(
    /^.* && npx cdk deploy --all/,
    `npx cdk synth --quiet --output ${folder}/out`,
  );
  run('sh', ['-c', inFolder(synthesize)]);
  const templates = readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.template.json'));
  expect(templates.sort()).toEqual(['BmscData.template.json', 'BmscService.template.json']);
  const [{ nafFqdn }] = [JSON.parse(readFileSync(settings, 'utf8'))];
  expect(readFileSync(join(folder, 'out/BmscService.template.json'), 'utf8')).toContain(nafFqdn);
});

test('to build on it, the package is made, installed with the newest CDK, and synthesizes', {
  timeout: INSTALLATION_MS,
}, () => {
  const [make = '', install = ''] = codeOf('Build on it', 'sh');
  const [program = ''] = codeOf('Build on it', 'ts');
  const tarball = run('sh', ['-c', make]).trim();
  expect(tarball).toBe(join(ROOT, '.local/package', `bmsc-key-management-${manifest.version}.tgz`));

  const project = new Project(oldest?.program ?? process.execPath).write('package.json', {});
  try {
    const lines = install.replace('…/', `${join(tarball, '..')}/`).split('\n');
    const [ended] = lines.map((line) => project.run('sh', '-c', line)).slice(-1);
    expect(ended).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
    writeFileSync(join(project.folder, 'app.mjs'), program);
    expect(project.run('env', 'CDK_OUTDIR=out', 'node', 'app.mjs')).toMatchObject({ code: 0, stderr: '' });
    const template = readFileSync(join(project.folder, 'out/Broadcast.template.json'), 'utf8');
    expect(template).toContain('bmsc.operator.com');
  } finally {
    rmSync(project.folder, { recursive: true, force: true });
  }
});

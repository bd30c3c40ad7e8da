import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LOCAL_ACCOUNT } from './account.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Settings that an emulator can deploy: no edge, no image build, nothing kept. */
export const EMULATOR_SETTINGS = join(import.meta.dirname, 'settings.json');

/**
 * Runs the CDK's command line as it stands in node_modules; what it prints goes to standard error.
 * @throws Error with its exit code
 */
export function cdk(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve('aws-cdk/package.json')), 'bin/cdk');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 2, 2],
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`cdk ${args[0]} ended with code ${code}`)),
    );
  });
}

/** Bootstraps the emulator's account and deploys both stacks with `cdk deploy`. */
export async function deployToEmulator(env: Readonly<Record<string, string>>): Promise<void> {
  const { AWS_REGION = '' } = env;
  const quiet = ['--ci'];
  // The CDK synthesizes for a bootstrap, too.
  const context = ['--context', `bmsc=${EMULATOR_SETTINGS}`];
  await cdk(['bootstrap', `aws://${LOCAL_ACCOUNT}/${AWS_REGION}`, ...context, ...quiet], env);
  await cdk(
    ['deploy', '--all', '--require-approval', 'never', '--progress', 'events', ...context, ...quiet],
    env,
  );
}

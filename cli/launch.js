// JavaScript, not TypeScript: it runs on a Node that can't run the rest of the repository, and says so.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Node that `npm ci` installs, of the version that the tests run on. */
const PINNED_NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/** Set in the environment of a program that was launched again, so that it is not launched for ever. */
const AGAIN = 'BMSC_LAUNCHED_AGAIN';

/**
 * Runs a program that is written in TypeScript: on this Node if it is version 24 or later, else on the pinned
 * Node if it is installed, else on this Node if it can strip types. Otherwise writes one line to standard
 * error, and sets exit code 1.
 * @param {URL} program
 * @param {string} npmScript how a person runs it, such as `npm start`
 */
export async function launch(program, npmScript) {
  const isAgain = process.env[AGAIN] !== undefined;
  delete process.env[AGAIN];
  const canStripTypes = Boolean(process.features.typescript);
  const isCurrent = Number.parseInt(process.versions.node, 10) >= 24;
  if (!(isCurrent && canStripTypes) && !isAgain && existsSync(PINNED_NODE)) return launchAgain(program);
  if (canStripTypes) return void (await import(program.href));
  const remedy = `use Node 24, or run npm ci, which installs it, and then ${npmScript}`;
  process.stderr.write(`Node ${process.versions.node} can't run this program: ${remedy}\n`);
  process.exitCode = 1;
}

/**
 * Runs the program on the pinned Node, and ends as it ends.
 * @param {URL} program
 */
function launchAgain(program) {
  const child = spawn(PINNED_NODE, [fileURLToPath(program), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [AGAIN]: '1' },
  });
  // A terminal sends Ctrl-C to both; all else is sent to this process alone.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', ({ message }) => {
    process.stderr.write(`can't start the Node that npm ci has installed: ${message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

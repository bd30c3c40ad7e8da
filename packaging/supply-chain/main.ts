import { spawnSync } from 'node:child_process';
import { ROOT } from '../root.ts';
import { checkLock, readLocks } from './licences.ts';

const locks = readLocks().map(checkLock);
const licences = new Map<string, number>();
for (const each of locks)
  for (const [licence, count] of each.licences) licences.set(licence, (licences.get(licence) ?? 0) + count);
const faults = locks.flatMap((each) => each.faults);
for (const [licence, count] of [...licences].sort(([, one], [, other]) => other - one))
  process.stdout.write(`${String(count).padStart(5)}  ${licence}\n`);
for (const fault of faults) process.stderr.write(`licences: ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
auditAdvisories();

/** Asks the registry for advisories about what is delivered; a mirror may not know any. */
function auditAdvisories(): void {
  const args = ['audit', '--omit=dev', '--audit-level=high', '--json'];
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  const { metadata, message } = JSON.parse(stdout || '{"message":"no answer in 60 s"}');
  if (metadata === undefined) {
    process.stdout.write(`advisories: NOT checked, the registry answers: ${message}\n`);
    return;
  }
  const { high, critical, total } = metadata.vulnerabilities;
  process.stdout.write(`advisories: ${total}, of which high ${high}, critical ${critical}\n`);
  if (high + critical > 0) process.exitCode = 1;
}

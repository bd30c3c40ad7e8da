// Makes the pictures of docs/conformance-suite.md: `npm run conformance:pictures`. It needs Chromium.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { htmlOf } from '../../cli/conformance/report/html.ts';
import { packageVersion } from '../../cli/version.ts';
import { openPage, type Sight, startBrowser } from '../cli/console/browser.ts';
import { startTable } from '../store/table.ts';
import { FAULTS } from './faults/index.ts';
import { testBmsc } from './run-suite.ts';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'docs/conformance');
const folder = mkdtempSync(join(tmpdir(), 'bmsc-pictures-'));

/** The report on the local system, as its command writes it. */
function reportOfLocalSystem(): string {
  const file = join(folder, 'local.html');
  execFileSync(process.execPath, ['local/conformance/conformance.js', '--html', file], { cwd: ROOT });
  return file;
}

/** The report on a BM-SC that breaks one rule. */
async function reportOfWrong(name: string): Promise<string> {
  const table = await startTable();
  const startedAt = Date.now();
  const outcomes = await testBmsc(
    table,
    FAULTS.find((fault) => fault.name === name),
  );
  await table.close();
  const file = join(folder, 'wrong.html');
  const durationMs = Date.now() - startedAt;
  const subject = `a BM-SC: ${name}`;
  writeFileSync(file, htmlOf({ subject, version: packageVersion(), startedAt, durationMs, outcomes }));
  return file;
}

const browser = await startBrowser();
try {
  const take = async (file: string, picture: string, sight: Sight, only?: string) => {
    const { page, complaints } = await openPage(browser, sight);
    await page.goto(pathToFileURL(file).href);
    if (only !== undefined) await page.locator(`label[for="only-${only}"]`).click();
    await page.screenshot({ path: join(PICTURES, picture) });
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  };
  const local = reportOfLocalSystem();
  await take(local, 'report-light.png', { width: 1040 });
  const wrong = await reportOfWrong('rspauth does not cover the body');
  await take(wrong, 'report-failed-dark.png', { width: 1040, height: 640, colorScheme: 'dark' }, 'fail');
  await take(wrong, 'report-phone.png', { width: 390, height: 780 }, 'fail');
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
process.exit();

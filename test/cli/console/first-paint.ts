// Measures how soon the console's pages are there beside many UEs: `node test/cli/console/first-paint.ts`.
import { Command } from 'commander';
import { routesOf } from '../../../cli/console/api.ts';
import { ConsoleServer } from '../../../cli/console/server.ts';
import { startLocalSystem } from '../../../local/system.ts';
import { DOMAIN } from '../../distribution/population.ts';
import { freePorts } from '../../free-ports.ts';
import { fillBed } from './bed.ts';
import { openPage, startBrowser } from './browser.ts';
import { addLargePush, addRegistrationsOf } from './large.ts';

const { ues } = new Command('first-paint')
  .option('--ues <n>', 'UEs that are registered, and were pushed to', Number, 1_000_000)
  .parse()
  .opts<{ ues: number }>();

const say = (text: string) => void process.stderr.write(`${text}\n`);
const system = await startLocalSystem(await freePorts(), say);
const bed = await fillBed(system, 100);
const startedAt = Date.now();
await addRegistrationsOf(bed.bmsc, 100, ues);
const pushId = await addLargePush(bed.bmsc, ues);
say(`${ues} UEs written in ${Math.round((Date.now() - startedAt) / 1000)} s`);
const routes = routesOf(bed.bmsc, { endpoint: 'npm start', isReadOnly: false });
const served = await ConsoleServer.listen(routes, { port: 0, isReadOnly: false });
const browser = await startBrowser();

/** The page, and what is on it when its data is there. */
const PAGES: readonly (readonly [path: string, shows: string])[] = [
  ['/', 'This deployment'],
  ['/pushes', 'Pushes'],
  [`/pushes/${pushId}`, 'not-verified'],
  ['/key-groups', '001-01/0010'],
  [`/key-groups/${DOMAIN}/0010`, 'Make the next MSK'],
  ['/services', 'urn:example:news'],
  [`/subscribers/${bed.ues[1]?.impi}`, 'can be sent'],
  ['/rotations', '001-01/0010'],
];

try {
  const { page } = await openPage(browser, { width: 1440 });
  await page.goto(served.newLink());
  await page.getByText('This deployment').waitFor({ timeout: 60_000 });
  for (const [path, shows] of PAGES) {
    await page.goto('about:blank');
    const askedAt = Date.now();
    await page.goto(`http://127.0.0.1:${served.port}/#${path}`);
    await page
      .getByText(shows)
      .first()
      .waitFor({ timeout: 60_000 })
      .catch(() => say(`${path}: no ${shows}`));
    const shownMs = Date.now() - askedAt;
    const paintMs = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    );
    process.stdout.write(`${path.padEnd(50)} first paint ${Math.round(paintMs)} ms, data ${shownMs} ms\n`);
  }
  const askedAt = Date.now();
  await page.goto(`http://127.0.0.1:${served.port}/#/holders/${DOMAIN}/00100001`);
  await page.getByRole('table').first().waitFor({ timeout: 600_000 });
  process.stdout.write(`who lacks an MSK, read wholly: ${Date.now() - askedAt} ms\n`);
} finally {
  await browser.close();
  await served.close();
  await bed.close();
  await system.close();
}

// Makes the pictures of docs/console from a system that runs: `npm run pictures`. It needs Chromium.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { routesOf } from '../../../cli/console/api.ts';
import { ConsoleServer } from '../../../cli/console/server.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { publishEvents } from '../../../lib/events/publish.ts';
import { startLocalSystem } from '../../../local/system.ts';
import { DOMAIN } from '../../distribution/population.ts';
import { freePorts } from '../../free-ports.ts';
import { addHistory, fillBed } from './bed.ts';
import { openPage, startBrowser } from './browser.ts';

const FOLDER = join(import.meta.dirname, '../../../docs/console');
/** UEs of the push that is seen, and how fast it goes. */
const UES = 6000;
const PER_SECOND = 400;
/** When it is seen, in ms after its first UEs. */
const SEEN_AFTER_MS = 7000;

const system = await startLocalSystem(await freePorts(), (what) => console.log(what));
const bed = await fillBed(system, UES);
await addHistory(bed);
await bed.deadLetter('bad-data', 'target.ues: expected at most 500 but received 612');
await bed.deadLetter();
const routes = routesOf(bed.bmsc, { endpoint: 'npm start', isReadOnly: false });
const served = await ConsoleServer.listen(routes, { port: 0, isReadOnly: false });
const browser = await startBrowser();
try {
  const dark = await openPage(browser, { width: 1440, colorScheme: 'dark' });
  await dark.page.goto(served.newLink());
  await dark.page.getByText('This deployment').waitFor();
  await dark.page.screenshot({ path: join(FOLDER, 'overview-dark.png'), fullPage: true });

  const pushId = 'pictures';
  const data = {
    keyDomainId: DOMAIN,
    mskId: '00100004',
    target: { allHolders: true as const },
    pacing: { perSecond: PER_SECOND },
  };
  await publishEvents(bed.bmsc.bus, [newEvent('Push MSK', data, { eventId: pushId, now: Date.now() })]);
  const light = await openPage(browser, { width: 1440 });
  await light.page.goto(served.newLink());
  await light.page.goto(`http://127.0.0.1:${served.port}/#/pushes/${pushId}`);
  await light.page.getByText('expired-association').waitFor({ timeout: 60_000 });
  await delay(SEEN_AFTER_MS);
  await light.page.screenshot({ path: join(FOLDER, 'push-light.png'), fullPage: true });
} finally {
  await browser.close();
  await served.close();
  await bed.close();
  await system.close();
}

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routesOf } from '../../../cli/console/api.ts';
import { ConsoleServer } from '../../../cli/console/server.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { publishEvents } from '../../../lib/events/publish.ts';
import { loadPush } from '../../../lib/store/ledger/push.ts';
import { listBlocked } from '../../../lib/store/registration/block.ts';
import type { LocalSystem } from '../../../local/system.ts';
import { DOMAIN } from '../../distribution/population.ts';
import { startTestSystem } from '../../local-system.ts';
import { describeWith } from '../../peers.ts';
import { addHistory, type Bed, fillBed, hasNoAddress, isExpired } from './bed.ts';
import { CHROMIUM, openPage, type Sight, startBrowser } from './browser.ts';

const UES = 80;
const FAILING = Array.from({ length: UES }, (_, index) => index).filter(
  (index) => isExpired(index) || hasNoAddress(index),
).length;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESK: Sight = { width: 1440 };

describeWith(CHROMIUM, 'the console in a browser', () => {
  let system: LocalSystem;
  let bed: Bed;
  let browser: Browser;
  let served: ConsoleServer;
  let readOnly: ConsoleServer;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startTestSystem(), startBrowser()]);
    bed = await fillBed(system, UES);
    const listen = (isReadOnly: boolean) =>
      ConsoleServer.listen(routesOf(bed.bmsc, { endpoint: system.endpointUrl, isReadOnly }), {
        port: 0,
        isReadOnly,
      });
    [served, readOnly] = await Promise.all([listen(false), listen(true)]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([served?.close(), readOnly?.close()]);
    await bed?.close();
    await system?.close();
  });

  async function opened(sight = DESK, by = served) {
    const { page, complaints } = await openPage(browser, sight);
    await page.goto(by.newLink());
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    return { page, complaints };
  }

  test('a person finds who lacks an MSK, pushes to them, and sees it end without a reload', async () => {
    const { page, complaints } = await opened();
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Key Groups' }).click();
    await page.getByRole('link', { name: '001-01/0010' }).click();
    await page.getByRole('link', { name: 'who lacks it 00100001' }).click();
    await page.getByRole('button', { name: `Push to the ${UES} UEs that lack it…` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Push', exact: true }).click();
    await page.getByRole('heading', { name: 'Push of MSK 00100001' }).waitFor();
    await page.getByText('partly done').waitFor();
    expect(await figure(page, 'Verified')).toBe(String(UES - FAILING));
    expect(await figure(page, 'Failed')).toBe(String(FAILING));
    expect(await page.getByRole('table', { name: /by reason/ }).innerText()).toMatch(
      /expired-association.*2\s+no-address.*2/s,
    );
    const plot = page.getByRole('img', { name: /^UEs over time/ });
    expect(await plot.getAttribute('aria-label')).toContain(`${UES - FAILING} verified`);

    await page.getByRole('link', { name: 'Who lacks this MSK' }).click();
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByRole('button', { name: `Push to the ${FAILING} UEs that lack it…` }).waitFor();
    await page.getByRole('link', { name: /^001010000000007@/ }).click();
    await page.getByText('Its keys have expired: it must bootstrap again.', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a person redrives a dead letter with the keyboard alone', async () => {
    await bed.deadLetter('bad-data', 'target.ues: too many');
    const { page, complaints } = await opened();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await pressUntil(page, 'Tab', 'Dead letters');
    await page.keyboard.press('Enter');
    await page.getByText('target.ues: too many').waitFor();
    await pressUntil(page, 'Tab', 'Choose all');
    await page.keyboard.press('Enter');
    await pressUntil(page, 'Shift+Tab', 'Redrive 1…');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Redrive 1 dead letter?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe('Redrive 1…');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Cancel');
    await pressUntil(page, 'Tab', 'Redrive');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('1 dead letter redriven.').waitFor();
    await page.getByText('There is no dead letter.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a person blocks a subscriber, and lets it in again', async () => {
    const { page, complaints } = await opened();
    const impi = bed.ues[3]?.impi ?? '';
    await page.goto(`http://127.0.0.1:${served.port}/#/subscribers/${encodeURIComponent(impi)}`);
    await page.getByRole('button', { name: 'Block…', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByText('It is blocked.').count()).toBe(0);
    await page.getByRole('button', { name: 'Block…', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
    await page.getByText('The subscriber is blocked.').waitFor();
    await page.getByText('It is blocked.').waitFor();
    expect((await listBlocked(bed.bmsc.store, { limit: 10 })).entries).toEqual([impi]);
    await page.getByRole('button', { name: 'Unblock…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unblock', exact: true }).click();
    await page.getByRole('button', { name: 'Block…', exact: true }).waitFor();
    expect((await listBlocked(bed.bmsc.store, { limit: 10 })).entries).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('a person cancels a push that runs', async () => {
    const { page, complaints } = await opened();
    const eventId = randomUUID();
    const target = { allHolders: true as const };
    const data = { keyDomainId: DOMAIN, mskId: '00100001', target, pacing: { perSecond: 1 } };
    await publishEvents(bed.bmsc.bus, [newEvent('Push MSK', data, { eventId, now: Date.now() })]);
    await page.goto(`http://127.0.0.1:${served.port}/#/pushes/${eventId}`);
    await page.getByRole('button', { name: 'Cancel the push…' }).click({ timeout: 20_000 });
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the push', exact: true }).click();
    await page.getByText('cancelled', { exact: true }).first().waitFor();
    expect((await loadPush(bed.bmsc.store, eventId))?.cancelledAt).toEqual(expect.any(Number));
    expect(complaints).toEqual([]);
  });

  test('what has the focus is seen', async () => {
    const { page } = await opened();
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate<string>(
        `(({ outlineStyle, outlineWidth }) => outlineStyle + ' ' + outlineWidth)(getComputedStyle(document.activeElement))`,
      );
      expect(outline).toBe('solid 2px');
    }
  });

  test('a read-only console shows all and offers no change', async () => {
    const { page } = await opened(DESK, readOnly);
    await page.getByText('read-only', { exact: true }).first().waitFor();
    await page.goto(`http://127.0.0.1:${readOnly.port}/#/key-groups/00f110/0010`);
    const make = page.getByRole('button', { name: 'Make the next MSK…' });
    await make.waitFor();
    expect(await make.isDisabled()).toBe(true);
  });

  test('a person makes the next MSK, and the life line has it', async () => {
    const { page } = await opened();
    await page.goto(`http://127.0.0.1:${served.port}/#/key-groups/00f110/0010`);
    await page.getByRole('button', { name: 'Make the next MSK…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make and push it' }).click();
    await page.getByText(/^MSK 00100002 is prepared/).waitFor();
    await page.getByRole('img', { name: /00100002 prepared/ }).waitFor();
  });

  test('a used link opens nothing, and says what to do', async () => {
    const { page } = await openPage(browser, DESK);
    const link = served.newLink();
    served.newLink();
    await page.goto(link);
    await page.getByText('this link is used up').waitFor();
    await page.goto(`http://127.0.0.1:${served.port}/#/pushes`);
    await page.reload();
    await page.getByRole('heading', { name: 'This browser has no session' }).waitFor();
  });

  test('no page has a fault that axe finds, and none is wider than a phone: light, dark, 375, 1440', async () => {
    await addHistory(bed);
    await bed.deadLetter();
    const { page, complaints } = await opened();
    // The page is loaded once: its other pages are places in it.
    await page.evaluate(AXE);
    const impi = bed.ues[7]?.impi ?? '';
    for (const [path, ready] of pagesOf(impi)) {
      await page.goto(`http://127.0.0.1:${served.port}/#${path}`);
      await page.getByText(ready).first().waitFor();
      for (const width of [1440, 375])
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          const seen = `${path} ${width} ${colorScheme}`;
          expect({ seen, faults: await faultsOf(page) }).toEqual({ seen, faults: [] });
          const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
          expect(`${seen}: ${Math.max(wide, width)}`).toBe(`${seen}: ${width}`);
        }
    }
    expect(complaints).toEqual([]);
  }, 60_000);
});

/** Each page, and a text that shows that its data is there. */
function pagesOf(impi: string): readonly (readonly [path: string, ready: string | RegExp])[] {
  return [
    ['/', 'This deployment'],
    ['/pushes', 'Last 90 days'],
    ['/key-groups', 'urn:example:weather'],
    ['/key-groups/00f110/0020', 'First push'],
    ['/holders/00f110/00100001', 'By state'],
    ['/services', 'urn:example:weather'],
    [`/subscribers/${encodeURIComponent(impi)}`, 'Associations'],
    ['/rotations', 'rate(7 days)'],
    ['/dead-letters', 'failed each time'],
  ];
}

/** What axe finds on a page: the rule, the element, and what would mend it. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`);
}

/** A number of the page's figures. */
function figure(page: Page, term: string): Promise<string> {
  return page.locator('.figures > div', { hasText: term }).locator('.big').innerText();
}

/** The text of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`document.activeElement?.textContent?.trim() ?? ''`);
}

/** Presses a key until the element with this text has the focus. */
async function pressUntil(page: Page, key: string, text: string): Promise<void> {
  for (let press = 0; press < 40 && (await focused(page)) !== text; press++) await page.keyboard.press(key);
  expect(await focused(page)).toBe(text);
}

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Peer } from '../../peers.ts';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; `CHROMIUM` names another. */
const PROGRAM = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path));

/** Chromium as a peer of tests. */
export const CHROMIUM: Peer = {
  name: 'Chromium',
  isThere: () => PROGRAM !== undefined,
  install: 'apt-get install chromium, or set CHROMIUM',
};

/** How a page is seen. */
export interface Sight {
  readonly width: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly scale?: number;
}

/** Starts the browser, headless. */
export function startBrowser(): Promise<Browser> {
  // A container's root has no sandbox, and the page is our own.
  return chromium.launch({ executablePath: PROGRAM ?? '', args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page in a context of its own, which fails on what the browser's console reports. */
export async function openPage(
  browser: Browser,
  sight: Sight,
): Promise<{ page: Page; complaints: string[] }> {
  const { width, height = 900, colorScheme = 'light', scale = 1 } = sight;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: scale,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from '../bench/plot.ts';
import { seededRandom } from '../seeded-random.ts';
import { simulateRush } from './rush.ts';

// `node test/service-description/rush-section.ts` draws docs/traffic/rush.svg and prints the table of
// docs/traffic.md; a test compares the two.

export const UES = 100_000;
const CAPACITY = 250;
const PERIODS = [0, 60, 300, 600, 1800];

const rushOf = (period: number) => {
  const backOff = period === 0 ? undefined : { offsetTime: 0, randomTimePeriod: period };
  return { period, ...simulateRush(UES, backOff, CAPACITY, seededRandom(period + 1).next) };
};

/** The table of docs/traffic.md. */
export function rushTable(): string {
  const rows = PERIODS.map(rushOf).map(
    ({ period, busiest, queue, longestWait }) =>
      `| ${period} | ${number(UES / Math.max(period, 1))} | ${number(busiest)} | ${number(queue)} | ${number(longestWait)} |`,
  );
  return [
    `| randomTimePeriod, s | UEs a second, mean | in the busiest second | waiting at most, of a service that takes ${CAPACITY} a second | longest wait, s |`,
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** The busiest second of each period, as SVG. */
export function rushChart(): string {
  const marks = PERIODS.map(rushOf).map(({ period, busiest }) => ({
    label: period === 0 ? 'no back-off' : `randomTimePeriod ${period} s`,
    value: busiest,
  }));
  return barChart(
    { title: '100,000 UEs come back at once', xTitle: 'requests in the busiest second' },
    marks,
    number,
  );
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '../../docs/traffic/rush.svg'), rushChart());
  process.stdout.write(`${rushTable()}\n`);
}

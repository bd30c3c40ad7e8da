import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { startTable } from '../store/table.ts';
import { FAULTS } from './faults/index.ts';
import { type Found, findFaults, isOnDiagonal, matrixPage } from './matrix.ts';

const PAGE = join(import.meta.dirname, '../../docs/conformance-matrix.md');

const options = new Command('npm run conformance:matrix --')
  .description('test the suite of `bmsc conformance` against BM-SCs that break one rule each')
  .option('--at-once <count>', 'BM-SCs that are tested at the same time', Number, 8)
  .option('--only <text>', 'those alone whose name or rule has this text; the page keeps its other rows')
  .parse()
  .opts<{ atOnce: number; only?: string }>();

/** A late answer of a BM-SC that is closed already is of no interest. */
process.on('unhandledRejection', () => {});

function line(found: Found): string {
  const by = found.by.map(({ id, seen }) => `${id} (${seen})`).join(', ') || 'nothing';
  return `${isOnDiagonal(found) ? 'found ' : 'OTHER '} ${found.fault.name}: ${by}\n`;
}

const { only } = options;
const faults = FAULTS.filter(({ name, rule }) => only === undefined || `${name} ${rule}`.includes(only));
const table = await startTable();
const found = await findFaults(table, faults, options.atOnce, (one) => process.stdout.write(line(one)));
const right = found.filter(isOnDiagonal).length;
writeFileSync(PAGE, matrixPage(FAULTS, found, existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
process.stdout.write(`${JSON.stringify({ wrong: found.length, onDiagonal: right })}\n`);
process.exit(right === found.length ? 0 : 1);

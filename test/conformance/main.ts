import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { startTable } from '../store/table.ts';
import { BSF_MATRIX, bmscMatrix, UE_MATRIX } from './matrices.ts';
import { type Found, findAll, isOnDiagonal, type Matrix, type Wrong } from './matrix.ts';
import { type FoundIn, matrixPage, onDiagonal } from './matrix-page.ts';

const PAGE = join(import.meta.dirname, '../../docs/conformance-matrix.md');

const options = new Command('npm run conformance:matrix --')
  .description('test the suite of `bmsc conformance` against BM-SCs, BSFs and UEs that break one rule each')
  .option('--at-once <count>', 'how many are tested at the same time', Number, 8)
  .option('--only <text>', 'those alone whose name or rule has this text; the page keeps its other rows')
  .parse()
  .opts<{ atOnce: number; only?: string }>();

/** A late answer of a BM-SC that is closed already is of no interest. */
process.on('unhandledRejection', () => {});

function line(found: Found): string {
  const by = found.by.map(({ id, seen }) => `${id} (${seen})`).join(', ') || 'nothing';
  return `${isOnDiagonal(found) ? 'found ' : 'OTHER '} ${found.wrong.name}: ${by}\n`;
}

async function foundIn<W extends Wrong>(matrix: Matrix<W>): Promise<FoundIn> {
  const { only, atOnce } = options;
  const chosen = matrix.wrongs.filter(
    ({ name, rule }) => only === undefined || `${name} ${rule}`.includes(only),
  );
  const found = await findAll(matrix, chosen, atOnce, (one) => process.stdout.write(line(one)));
  return { matrix, found };
}

const table = await startTable();
const all = [await foundIn(bmscMatrix(table)), await foundIn(BSF_MATRIX), await foundIn(UE_MATRIX)];
writeFileSync(PAGE, matrixPage(all, existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
const count = (of: (each: FoundIn) => number) => all.reduce((sum, each) => sum + of(each), 0);
const [wrong, right] = [count(({ found }) => found.length), count(onDiagonal)];
process.stdout.write(`${JSON.stringify({ wrong, onDiagonal: right })}\n`);
process.exit(right === wrong ? 0 : 1);

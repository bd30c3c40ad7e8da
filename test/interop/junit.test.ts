import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { junitOf } from '../../cli/conformance/report/junit.ts';
import type { Outcome, Result } from '../../cli/conformance/requirement.ts';
import { describeWith, type Peer, runs } from '../peers.ts';

const PYTHON = join(import.meta.dirname, '../../.local/junitparser/bin/python');
const JUNITPARSER: Peer = {
  name: 'junitparser',
  isThere: () => runs(PYTHON, '-c', 'import junitparser'),
  install: 'python3 -m venv .local/junitparser && .local/junitparser/bin/pip install junitparser==5.0.3',
};

/** Reads the file as a build server does, and says what it has. */
const READ = `
import json, sys
from junitparser import JUnitXml
read = JUnitXml.fromfile(sys.argv[1])
[suite] = list(read)
cases = [[case.classname, case.name, [[type(each).__name__, each.message] for each in case.result], case.system_out]
         for case in suite]
print(json.dumps({'name': suite.name, 'tests': suite.tests, 'failures': suite.failures, 'skipped': suite.skipped,
                  'errors': suite.errors, 'cases': cases}))
`;

/** What could break XML: markup, quotes, the end of CDATA, and characters that XML has not. */
const HOSTILE = 'a "quote" & <b>, ]]>, \u0000\u0007\ud800 and ä';
const READABLE = 'a "quote" & <b>, ]]>, \ufffd\ufffd\ufffd and ä';

const outcome = (id: string, result: Result): Outcome => ({
  requirement: { id, clause: 'RFC 3830 §6', certainty: 'V', asked: HOSTILE, level: 'shall' },
  result,
  seen: HOSTILE,
  trace: [{ direction: 'sent', text: HOSTILE }],
});

describeWith(JUNITPARSER, 'JUnit XML of a run, in a reader of others,', () => {
  test('has every outcome with its text', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-junit-'));
    const file = join(folder, 'report.xml');
    const outcomes = [
      outcome('a', 'pass'),
      outcome('b', 'fail'),
      outcome('c', 'warn'),
      outcome('d', 'not applicable'),
    ];
    const run = { subject: HOSTILE, version: '1', startedAt: 0, durationMs: 1500, outcomes };
    writeFileSync(file, junitOf(run));
    const read = JSON.parse(execFileSync(PYTHON, ['-c', READ, file], { encoding: 'utf8' }));
    rmSync(folder, { recursive: true });
    expect(read).toEqual({
      name: `conformance of ${READABLE}`,
      ...{ tests: 4, failures: 1, skipped: 1, errors: 0 },
      cases: [
        ['RFC 3830 §6', `a: ${READABLE}`, [], null],
        ['RFC 3830 §6', `b: ${READABLE}`, [['Failure', READABLE]], null],
        ['RFC 3830 §6', `c: ${READABLE}`, [], `warning: ${READABLE}\nsent:\n${READABLE}`],
        ['RFC 3830 §6', `d: ${READABLE}`, [['Skipped', READABLE]], null],
      ],
    });
  });
});

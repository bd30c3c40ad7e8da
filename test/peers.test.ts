import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FISH, ZSH } from './cli/shells.ts';
import { FREE_DIAMETER, PYTHON_DIAMETER } from './interop/diameter-peers.ts';
import { HTTP_CLIENTS } from './interop/http-clients.ts';
import { TSHARK } from './interop/tshark.ts';
import { XMLLINT } from './key-management/payload/xmllint.ts';
import { planFor } from './peers.ts';
import { GSTREAMER } from './srtp/gstreamer.ts';
import { OPENSSL } from './zn/certificate.ts';

const missing = { name: 'dissector', isThere: () => false, install: 'apt-get install dissector' };
const why = 'dissector is missing: apt-get install dissector';

test('a peer that is there is used', () => {
  expect(planFor({ ...missing, isThere: () => true }, true)).toEqual({ kind: 'run' });
});

test('a missing peer is skipped on a developer’s machine, with its name and the line that installs it', () => {
  expect(planFor(missing, false)).toEqual({ kind: 'skip', why });
});

test('a missing peer fails in CI', () => {
  expect(planFor(missing, true)).toEqual({ kind: 'fail', why });
});

test('a missing peer that a CI machine may forbid is skipped there too', () => {
  expect(planFor({ ...missing, isDemandedInCi: false }, true)).toEqual({ kind: 'skip', why });
});

test.each([GSTREAMER, TSHARK, XMLLINT, OPENSSL, FREE_DIAMETER, ZSH, FISH, ...Object.values(HTTP_CLIENTS)])(
  'CI installs $name',
  ({ install }) => {
    const packages =
      install
        .match(/(?<=apt-get install )[\w .-]+/)?.[0]
        .trim()
        .split(' ') ?? [];
    const ci = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8');
    expect(packages).not.toEqual([]);
    for (const each of packages) expect(ci).toContain(`need+=(${each})`);
  },
);

test('CI installs python-diameter', () => {
  const ci = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8');
  const [wanted = ''] = PYTHON_DIAMETER.install.match(/python-diameter==[0-9.]+/) ?? [];
  expect(wanted).not.toBe('');
  expect(ci).toContain(`pip install -q --disable-pip-version-check ${wanted}`);
});

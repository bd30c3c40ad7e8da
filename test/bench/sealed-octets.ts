import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadMskBuilder } from '../../lib/native/module/load.ts';
import { type DataKey, openSealedKey, sealKey } from '../../lib/store/encryption/sealed-octets.ts';

/** Seals and opens of MUKs a second on one core; the contenders take turns, and the median round counts. */
const ROUNDS = 9;
const CALLS = 50_000;

const octets = randomBytes(32);
const dataKey: DataKey = { id: 1, key: createSecretKey(octets), madeFor: 'BmscData-KeyStoreTable1234567890' };
const muk = new SecretKey(randomBytes(32));
const places = Array.from({ length: 1000 }, () => ({
  pk: `B-TID#${randomBytes(16).toString('base64')}@bsf.home1.net`,
  sk: 'ASSOCIATION',
  path: 'muk',
}));
const items = places.map((place) => ({ place, sealed: sealKey(dataKey, muk, place) }));
const options = { authTagLength: 16 };

/** What node:crypto itself takes: no place, no copy, no check. */
const bare = (key: DataKey['key'] | Buffer) => {
  for (const { sealed } of items) {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(5, 17), options);
    decipher.setAuthTag(sealed.subarray(49));
    decipher.update(sealed.subarray(17, 49));
  }
};

const { openSealedKeys } = await loadMskBuilder();
const alike = { pkStart: 'B-TID#', sk: 'ASSOCIATION', path: 'muk' };
const ids = places.map(({ pk }) => pk.slice(alike.pkStart.length));
const sealed = items.map((item) => item.sealed);

const contenders: Readonly<Record<string, () => void>> = {
  seal: () => {
    for (const place of places) sealKey(dataKey, muk, place);
  },
  open: () => {
    for (const { place, sealed } of items) openSealedKey(dataKey, sealed, place);
  },
  'open, sixteen in lanes': () => void openSealedKeys(dataKey, sealed, ids, alike),
  'decipher alone, KeyObject': () => bare(dataKey.key),
  'decipher alone, octets as key': () => bare(octets),
};

const rates = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const startedAt = process.hrtime.bigint();
    for (let calls = 0; calls < CALLS; calls += items.length) run();
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    // The first round warms up.
    if (round > 0) rates.get(name)?.push(CALLS / seconds);
  }
}
for (const [name, all] of rates) {
  const median = all.sort((one, other) => one - other)[(ROUNDS - 1) / 2] ?? 0;
  process.stdout.write(
    `${name.padEnd(32)}${Math.round(median).toLocaleString('en').padStart(9)}/s  ${(1e6 / median).toFixed(2)} µs\n`,
  );
}

import { fuzzDigest } from './digest-inputs.ts';
import { fuzzMikey } from './mikey-inputs.ts';
import { fuzzXml } from './xml-inputs.ts';

/** A million random and mutated inputs through the decoders; anything but their typed errors ends it with code 1. */
const total = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const parts = { MIKEY: fuzzMikey, Digest: fuzzDigest, XML: fuzzXml };

process.stdout.write(`seed ${seed}\n`);
for (const [name, fuzz] of Object.entries(parts)) {
  const startedAt = Date.now();
  const { tried, refused } = fuzz(Math.ceil(total / Object.keys(parts).length), seed);
  process.stdout.write(
    `${name}: ${tried} tried, ${refused} refused with the typed error, ${Date.now() - startedAt} ms\n`,
  );
}

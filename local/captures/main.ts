import { Command } from 'commander';
import { writeCaptures } from './write-captures.ts';

const options = new Command('npm run captures --')
  .description('record a whole session on the local system, for Wireshark, with the keys that open it')
  .requiredOption('--destination <folder>', 'where the files go')
  .addHelpText('after', '\nExample:\n  npm run captures -- --destination captures')
  .parse()
  .opts<{ destination: string }>();

for (const file of await writeCaptures(options.destination)) process.stdout.write(`${file}\n`);

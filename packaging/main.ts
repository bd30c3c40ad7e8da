import { Command } from 'commander';
import { pack } from './pack.ts';

const { destination } = new Command('npm run pack --')
  .description('make the package that others install, and print the path of its tarball')
  .option('--destination <folder>', 'where the tarball goes', '.local/package')
  .parse()
  .opts<{ destination: string }>();

process.stdout.write(`${await pack(destination)}\n`);

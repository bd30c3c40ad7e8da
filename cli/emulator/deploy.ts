import { deployToEmulator } from './cdk.ts';
import { emulatorEnvironment } from './environment.ts';

const env = emulatorEnvironment(process.env);
try {
  await deployToEmulator(env);
  process.stdout.write(
    [
      `deployed to ${env.AWS_ENDPOINT_URL}.`,
      `Provision it:    npm run bmsc -- provision … --endpoint-url ${env.AWS_ENDPOINT_URL}`,
      `Run its sender:  npm run bmsc -- sender --endpoint-url ${env.AWS_ENDPOINT_URL}`,
      'No emulator runs the container: without the sender UEs are answered, and get no key.',
      '',
    ].join('\n'),
  );
} catch (error) {
  process.stderr.write(
    `deploy:local: ${error instanceof Error ? error.message : String(error)}. ` +
      `An emulator of AWS must listen on ${env.AWS_ENDPOINT_URL}; another is named by AWS_ENDPOINT_URL.\n`,
  );
  process.exitCode = 1;
}

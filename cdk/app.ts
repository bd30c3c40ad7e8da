import { App } from 'aws-cdk-lib';
import { addStacks } from './build-app.ts';
import { SettingsError, settingsOfContexts } from './settings/index.ts';

// Synthesized only when the settings are right: otherwise the CDK would make an assembly without stacks.
const app = new App({ autoSynth: false });
try {
  addStacks(app, settingsOfContexts(app.node.getAllContext()));
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  for (const line of error.message.split('\n')) process.stderr.write(`cdk synth: ${line}\n`);
  process.exitCode = 1;
}

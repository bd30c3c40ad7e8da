import { App } from 'aws-cdk-lib';
import { addStacks } from './build-app.ts';
import { settingsOfContext } from './settings/index.ts';

const app = new App();
addStacks(app, settingsOfContext(app.node.tryGetContext('bmsc')));

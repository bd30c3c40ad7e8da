import { App } from 'aws-cdk-lib';
import { addStacks } from './build-app.ts';
import { parseSettings } from './settings.ts';

const app = new App();
addStacks(app, parseSettings(app.node.tryGetContext('bmsc')));

#!/usr/bin/env node
import { launch } from './launch.js';

await launch(new URL('./bmsc.ts', import.meta.url), 'npm run bmsc -- …');

import { launch } from '../../cli/launch.js';

await launch(new URL('./main.ts', import.meta.url), 'npm run conformance');

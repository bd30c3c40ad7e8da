import { launch } from '../launch.js';

await launch(new URL('./main.ts', import.meta.url), 'npm run smoke -- …');

import * as events from 'bmsc-key-management/events';
import * as gba from 'bmsc-key-management/gba';
import * as httpDigest from 'bmsc-key-management/http-digest';
import * as keys from 'bmsc-key-management/keys';
import * as mikey from 'bmsc-key-management/mikey';
import * as ue from 'bmsc-key-management/ue';
import { use } from './use.cjs';

const inputs = JSON.parse(process.argv[2]);
process.stdout.write(JSON.stringify(use({ mikey, keys, gba, httpDigest, events, ue }, inputs)));

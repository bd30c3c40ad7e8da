const { use } = require('./use.cjs');

const part = (name) => require(`bmsc-key-management/${name}`);
const parts = {
  mikey: part('mikey'),
  keys: part('keys'),
  gba: part('gba'),
  events: part('events'),
  ue: part('ue'),
};
const inputs = JSON.parse(process.argv[2]);
process.stdout.write(JSON.stringify(use({ ...parts, httpDigest: part('http-digest') }, inputs)));

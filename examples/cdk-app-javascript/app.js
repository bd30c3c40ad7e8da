const { App, Stack } = require('aws-cdk-lib');
const { BmscKeyManagement } = require('bmsc-key-management/cdk');

const app = new App();
const stack = new Stack(app, 'Broadcast');
new BmscKeyManagement(stack, 'Bmsc', {
  settings: { nafFqdn: 'bmsc.mnc001.mcc001.pub.3gppnetwork.org', sender: { architecture: 'x86_64' } },
});

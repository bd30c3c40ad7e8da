import { registerHooks } from 'node:module';

/** Imported before a sender, it is a machine that koffi has no build for: datagrams go by node:dgram. */
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === 'koffi') throw new Error('koffi has no build for this machine');
    return next(specifier, context);
  },
});

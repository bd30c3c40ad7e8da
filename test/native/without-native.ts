import { registerHooks } from 'node:module';

/** Imported before a sender, it is a sender whose folder lib/native has been deleted. */
registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    if (resolved.url.includes('/lib/native/')) throw new Error(`lib/native is not there: ${specifier}`);
    return resolved;
  },
});

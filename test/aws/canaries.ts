/** A function for each thing that a canary can meet, in one bundle: HANDLER in its environment says which it is. */

/** By name, the body of a handler. */
export const CANARIES = {
  ready: `if (!context.invokedFunctionArn.endsWith(':canary')) throw new Error('for the rotator only');
    if (JSON.stringify(event) !== '{"key":"standby"}') throw new Error('a canary has no other say in it');
    return { token: 'aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl', kid: 'k' };`,
  'without-standby': `throw Object.assign(new Error('there is no pending key'), { name: 'no_pending_key' });`,
  throws: `throw new TypeError('x is not a function');`,
  'throws-text': `throw 'no';`,
  null: 'return null;',
  empty: 'return {};',
  number: 'return { token: 1 };',
  exits: 'process.exit(3);',
  'no-alias': `return { token: 'a.b.c' };`,
};

export const CANARY_BUNDLE = `
const handlers = {${Object.entries(CANARIES).map(([name, body]) => `${JSON.stringify(name)}: (event, context) => {${body}}`)}};
exports.handler = async (event, context) => handlers[process.env.HANDLER](event, context);
`;

export const canaryAliases = (name: string): string[] => (name === 'no-alias' ? ['any'] : ['any', 'canary']);

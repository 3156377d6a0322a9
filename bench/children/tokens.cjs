/**
 * A process with one sign function in it, or the bare SDK: `{ calls, inFlight }` is answered with the CPU that the process
 * spent on them. argv: the bundle, which exports `handler(event, context)`, and the alias.
 */
const { handler } = require(process.argv[2]);

const event = {
  audience: 'orders-api',
  scope: 'orders:read orders:write',
  claims: { sub: 'svc:checkout', tenant_id: 'acme', region: 'eu', roles: ['a', 'b'] },
};
const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:sign:any' };

process.on('message', async ({ calls, inFlight }) => {
  const start = process.cpuUsage();
  let left = calls;
  const work = async () => {
    while (left-- > 0) await handler(event, context);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const { user, system } = process.cpuUsage(start);
  process.send((user + system) / calls);
});
process.on('disconnect', () => process.exit());

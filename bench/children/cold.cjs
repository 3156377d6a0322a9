/**
 * One cold start, from the start of the process to the first answer: argv is the bundle, standard error the CPU in
 * milliseconds. An ES module is imported, as Lambda does.
 */
const [, , bundle] = process.argv;
const event = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:sign:any' };

const answer = ({ handler }) =>
  handler(event, context).then(() => {
    const { user, system } = process.cpuUsage();
    process.stderr.write(String((user + system) / 1000));
    process.exit();
  });
if (bundle.endsWith('.mjs')) import(bundle).then(answer);
else answer(require(bundle));

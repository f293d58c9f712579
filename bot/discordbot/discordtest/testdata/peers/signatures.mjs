// npm's discord-interactions as the other side of Ed25519: an endpoint that
// checks what the fake signs, and a signer whose requests the bot must take.
// Standard input brings {verify: {body, signature, stamp, key}} or
// {sign: {body, stamp}}; standard output answers {good} or {signature, key}.
import { createServer } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createInterface } from 'node:readline';
import { verifyKey, verifyKeyMiddleware } from 'discord-interactions';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');

const guard = process.env.PUBLIC_KEY ? verifyKeyMiddleware(process.env.PUBLIC_KEY) : undefined;
createServer((req, res) => {
  req.header = (name) => req.headers[name.toLowerCase()];
  guard(req, res, () => {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ type: 4, data: { content: 'pressed ' + req.body.data.custom_id, flags: 64 } }));
  });
}).listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ ready: true })));

for await (const line of createInterface({ input: process.stdin })) {
  const { verify, sign: wanted } = JSON.parse(line);
  if (verify) console.log(JSON.stringify({ good: await verifyKey(verify.body, verify.signature, verify.stamp, verify.key) }));
  else {
    const signature = sign(null, Buffer.from(wanted.stamp + wanted.body), privateKey).toString('hex');
    console.log(JSON.stringify({ signature, key: raw, self: await verifyKey(wanted.body, signature, wanted.stamp, raw) }));
  }
}
process.exit(0);

// Takes events as a program of yours would: the library checks the signature
// and the age, and every event is told to the test as a line of JSON.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const hook = new Webhook(process.env.SECRET);

createServer((req, res) => {
  const parts = [];
  req.on("data", (part) => parts.push(part));
  req.on("end", () => {
    const said = { id: req.headers["webhook-id"] };
    try {
      said.event = hook.verify(Buffer.concat(parts).toString("utf8"), req.headers);
    } catch (err) {
      said.problem = String(err);
    }
    console.log(JSON.stringify(said));
    res.writeHead(said.problem ? 401 : 204).end();
  });
}).listen(Number(process.env.PORT), "127.0.0.1", () => console.log(JSON.stringify({ ready: true })));

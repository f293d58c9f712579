// Serves fixtures.json as an OpenAI-compatible endpoint until standard input
// ends. The first line says where; "journal" on standard input asks how often
// each model was called.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, host: "127.0.0.1", strict: true, logLevel: "silent" });
mock.loadFixtureFile(fileURLToPath(new URL("fixtures.json", import.meta.url)));
await mock.start();
console.log(JSON.stringify({ url: mock.url }));

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "journal") continue;
  const calls = {};
  for (const { body } of mock.getRequests()) {
    const model = body?.model ?? "none";
    calls[model] = (calls[model] ?? 0) + 1;
  }
  console.log(JSON.stringify({ calls }));
}
await mock.stop();
process.exit(0);

// What the official OpenAI client for Node.js returns and throws when its base URL is a gateway of Viridian.
//
//     node openai_client.mjs GATEWAY_HOST:PORT
//
// Run it in the directory where the client is installed. The gateway serves the same two applications as for
// openai_client.py: `support`, behind a model server whose model `broken-off` breaks off its streams, and `down`,
// behind nothing. The first check that fails ends the run.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const OpenAI = require("openai");

const ADDRESS = process.argv[2];
const ANSWER = "It will arrive on Monday.";
const messages = [{ role: "user", content: "Where is my parcel?" }];

function client(path, options = {}) {
  return new OpenAI({ baseURL: `http://${ADDRESS}${path}`, apiKey: "unused", ...options });
}

const checks = {
  async completionByPath() {
    const completion = await client("/apps/support/v1").chat.completions.create({ model: "small", messages });
    assert.equal(completion.choices[0].message.content, ANSWER);
    assert.equal(completion.model, "small");
    assert.match(completion._request_id, /^vr_/);
  },

  async completionByModel() {
    const request = client("/v1").chat.completions.create({ model: "support", messages });
    const { data, response } = await request.withResponse();
    assert.equal(data.choices[0].message.content, ANSWER);
    assert.equal(response.headers.get("x-viridian-release"), "v1");
  },

  async stream() {
    const stream = await client("/v1").chat.completions.create({ model: "support", messages, stream: true });
    const words = [];
    for await (const chunk of stream) words.push(chunk.choices[0].delta.content ?? "");
    assert.equal(words.length, 6);
    assert.equal(words.join(""), ANSWER);
  },

  async streamWithUsage() {
    const stream = client("/v1").chat.completions.stream({
      model: "support",
      messages,
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    assert.equal(completion.choices[0].message.content, ANSWER);
    assert.equal((await stream.totalUsage()).total_tokens, 12);
  },

  async brokenStream() {
    const stream = await client("/apps/support/v1").chat.completions.create({
      model: "broken-off",
      messages,
      stream: true,
    });
    const words = [];
    const read = async () => {
      for await (const chunk of stream) words.push(chunk.choices[0].delta.content);
    };
    await assert.rejects(read, (error) => error instanceof OpenAI.APIError && error.code === "upstream_broke_off");
    assert.deepEqual(words, ["It", " will"]);
  },

  async models() {
    const listed = [];
    for await (const model of client("/v1").models.list()) listed.push(model.id);
    assert.deepEqual(listed.sort(), ["down", "support"]);
  },

  async unknownModel() {
    const request = client("/v1").chat.completions.create({ model: "nobody", messages });
    await assert.rejects(request, (error) => {
      assert(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, "unknown_application");
      assert.match(error.message, /nobody/);
      return true;
    });
  },

  async upstreamDown() {
    let sent = 0;
    const counting = (...request) => {
      sent += 1;
      return fetch(...request);
    };
    const request = client("/v1", { fetch: counting }).chat.completions.create({ model: "down", messages });
    await assert.rejects(request, (error) => error instanceof OpenAI.InternalServerError && error.status === 502);
    assert.equal(sent, 1, "the gateway has tried what can be tried");
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`ok ${name}`);
}
console.log(`${Object.keys(checks).length} checks passed`);

// Plays a story and takes every read of the API with the TypeScript client, against the stack at VOUCHSAFE_URL.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

type Event = components["schemas"]["HistoryPage"]["items"][number];

// The histories also answer CSV. Without its media types named here, their answers would have the type `HistoryPage | string`.
type Json = "application/json" | "application/problem+json";

// The part of a payload in `events/` that a client decides.
type Payload = {
  rawPath: string;
  rawQueryString: string;
  pathParameters?: Record<string, string>;
  requestContext: { authorizer?: { jwt: { claims: { sub: string } } } };
};

type Description = { paths: Record<string, { get?: { operationId: string } }> };

const url = process.env["VOUCHSAFE_URL"];
assert(url, "VOUCHSAFE_URL is not set");
const root = new URL("../../../", import.meta.url);

const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), "utf8"));

const answer = await fetch(`${url}/_local/demo`, { method: "POST" });
assert.equal(answer.status, 200);
const world = (await answer.json()) as { tokens: Record<string, string> };
const tokens = new Map(
  Object.values(world.tokens).map((token) => {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string };
    return [claims.sub, token] as const;
  }),
);

/** Returns a client that sends the token of a person, and that keeps the URL of its last request. */
function clientOf(sub: string | undefined) {
  const headers: Record<string, string> = {};
  if (sub !== undefined) {
    const token = tokens.get(sub);
    assert(token, `no person of the demo world has the subject ${sub}`);
    headers["authorization"] = `Bearer ${token}`;
  }
  const sent: { url?: URL } = {};
  const keepUrl: Middleware = {
    onRequest({ request }) {
      sent.url = new URL(request.url);
    },
  };
  const api = createClient<paths, Json>({ baseUrl: url ?? "", headers });
  api.use(keepUrl);
  return { api, sent };
}

/** Takes every GET operation of the description with the request that `events/` publishes for it. */
async function takeEveryRead(): Promise<number> {
  const { paths: described } = readJson("functions/src/service/openapi.json") as Description;
  let count = 0;
  for (const [path, { get }] of Object.entries(described)) {
    if (!get) continue;
    const payload = readJson(`events/${get.operationId}.json`) as Payload;
    const { api, sent } = clientOf(payload.requestContext.authorizer?.jwt.claims.sub);
    const pathParameters = Object.entries(payload.pathParameters ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    const query = new URLSearchParams(payload.rawQueryString);
    // The compiler cannot relate a path that is known only at run time to its parameters. The story below is typed.
    const { data, response } = await api.GET(path as never, {
      params: { path: Object.fromEntries(pathParameters), query: Object.fromEntries(query) },
    } as never);
    assert.equal(response.status, 200, get.operationId);
    assert(data, get.operationId);
    assert.equal(sent.url?.pathname, payload.rawPath, get.operationId);
    assert.deepEqual([...sent.url.searchParams], [...query], get.operationId);
    count += 1;
  }
  return count;
}

/** Reads the history of a partner to its end, oldest event first. */
async function readHistory(sub: string, partnerId: string, pageSize: number): Promise<Event[]> {
  const { api } = clientOf(sub);
  const events: Event[] = [];
  let pageToken: string | undefined;
  do {
    const { data } = await api.GET("/v1/partners/{partnerId}/history", {
      params: { path: { partnerId }, query: { order: "asc", pageSize, ...(pageToken ? { pageToken } : {}) } },
    });
    assert(data);
    assert(data.items.length <= pageSize);
    events.push(...data.items);
    pageToken = data.nextPageToken ?? undefined;
  } while (pageToken);
  return events;
}

/** Finds a customer, assigns licenses to its organization with a retry, and finds the assignment in the history. */
async function playStory(): Promise<number> {
  const { api: agent } = clientOf("amir");
  const { api: partner } = clientOf("aiko");

  const customers = await agent.GET("/v1/customers", { params: { query: { email: "sora@yamada.example" } } });
  const customer = customers.data?.items[0];
  assert.equal(customer?.email, "sora@yamada.example");
  assert(customer.organizationId);

  const refused = await partner.GET("/v1/customers", { params: { query: { email: "sora@yamada.example" } } });
  assert(refused.error && "code" in refused.error);
  assert.equal(refused.error.code, "role-not-allowed");

  const malformed = await agent.GET("/v1/partners", { params: { query: { pageSize: 0 } } });
  assert(malformed.error && "code" in malformed.error);
  const fault = malformed.error.errors?.[0];
  assert(fault && "parameter" in fault);
  assert.equal(fault.parameter, "pageSize");
  assert(fault.detail);

  const partners = await agent.GET("/v1/partners", { params: { query: { name: "miyako" } } });
  const partnerId = partners.data?.items[0]?.id;
  assert(partnerId);

  const organizations = await partner.GET("/v1/partners/{partnerId}/organizations", {
    params: { path: { partnerId }, query: { name: "やまだ" } },
  });
  const organization = organizations.data?.items[0];
  assert.equal(organization?.organizationId, customer.organizationId);

  const listPools = async () => {
    const pools = await partner.GET("/v1/partners/{partnerId}/license-pools", { params: { path: { partnerId } } });
    assert(pools.data);
    return pools.data;
  };
  const before = await listPools();
  const pool = before.items.find(({ available }) => available >= 2);
  assert(pool, "no pool has two licenses");

  const key = crypto.randomUUID();
  const assign = () =>
    partner.POST("/v1/partners/{partnerId}/license-assignments", {
      params: { path: { partnerId }, header: { "Idempotency-Key": key } },
      body: { organizationId: organization.organizationId, lines: [{ licenseType: pool.licenseType, quantity: 2 }] },
    });
  const first = await assign();
  assert.equal(first.response.status, 201);
  assert(first.data);
  assert.equal(first.response.headers.get("Idempotent-Replayed"), null);
  const replay = await assign();
  assert.equal(replay.response.status, 201);
  assert.equal(replay.response.headers.get("Idempotent-Replayed"), "true");
  assert.deepEqual(replay.data, first.data);

  const after = (await listPools()).items.find(({ licenseType }) => licenseType === pool.licenseType);
  assert.equal(after?.available, pool.available - 2);
  assert.equal(after.assigned, pool.assigned + 2);

  const whole = await readHistory("aiko", partnerId, 100);
  const paged = await readHistory("aiko", partnerId, 2);
  // Scheduled work may add events between the two.
  assert.deepEqual(paged.slice(0, whole.length), whole);
  assert.equal(new Set(paged.map(({ id }) => id)).size, paged.length);
  const assigned = paged.filter((event) => event.type === "license.assigned" && event.data.assignmentId === first.data.id);
  assert.equal(assigned.length, 1);
  assert.equal(assigned[0]?.actor.email, "aiko@miyako.example");
  return paged.length;
}

console.log(`TypeScript: ${await takeEveryRead()} reads`);
console.log(`TypeScript: story, ${await playStory()} events of the partner`);

/**
 * Validation and the API description, both from the same zod schemas.
 *
 * A route is tagged with what it says and what it takes; the description is collected from the tags,
 * so it cannot drift from what is enforced.
 *
 * Goes to: `routes/read_input.ts`.
 *
 * @module
 */
import { zValidator } from "@hono/zod-validator";
import type { Context, Hono, MiddlewareHandler, Next, ValidationTargets } from "hono";
import { z } from "zod";
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject } from "zod-openapi";
import { type AccessRow, findAccess } from "./access.ts";
import type { AppEnv } from "./caller.ts";
import { problemShape } from "./problem.ts";
import { answerInvalid, readJson, refuseUnreadable, strictly } from "./read_input.ts";

const SCHEMA = Symbol.for("tollkeeper.schema");
const DOC = Symbol.for("tollkeeper.doc");

/** One answer of a route, besides the problems. */
export interface DocAnswer {
  /** When it is given, in words. */
  description: string;
  /** Its body; without one the body is empty or not JSON. */
  schema?: z.ZodType;
  /** `application/json` without one. */
  contentType?: string;
}

/** What the API description says of a route, besides what its validators take. */
export interface RouteDoc {
  /** A few words. */
  summary: string;
  /** Whatever else a caller must know, in sentences. */
  description?: string;
  /** The heading it stands under. */
  tags: string[];
  /** Answers by status. */
  responses: Record<number, DocAnswer>;
}

/** The description as JSON. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

interface Validator {
  target: keyof ValidationTargets;
  schema: z.ZodObject;
}

/**
 * Parses a part of the request with a schema; `c.req.valid(target)` is then what came out.
 *
 * Objects are taken strictly: an unknown member or parameter is refused (headers excepted). A body
 * that is not JSON is 415, one that cannot be parsed 400 `malformed_body`, one that does not fit 422
 * `validation` with a pointer for every fault.
 */
export const valid: typeof zValidator =
  ((target: keyof ValidationTargets, schema: z.ZodType) =>
    Object.assign(checked(target, schema), { [SCHEMA]: { target, schema } })) as never;

function checked(target: keyof ValidationTargets, schema: z.ZodType): MiddlewareHandler {
  const enforced = target === "header" ? schema : strictly(schema);
  const validate = zValidator(target, enforced, (result, c) => {
    if (!result.success) return answerInvalid(c, result.error.issues);
    return refuseUnreadable(c, result.data);
  });
  if (target !== "json") return validate as MiddlewareHandler;
  return async (c, next) => await readJson(c) ?? await (validate as MiddlewareHandler)(c, next);
}

/** Says what a route does, for the API description. */
export function doc(words: RouteDoc): MiddlewareHandler {
  const pass = async (_c: Context, next: Next) => {
    await next();
  };
  return Object.assign(pass, { [DOC]: words });
}

/** The documented operations of an app and their documents. */
export function listDocs(app: Hono<AppEnv>): { method: string; path: string; words: RouteDoc }[] {
  return operationsOf(app).flatMap(({ method, path, words }) =>
    words ? [{ method, path, words }] : []
  );
}

interface Operation {
  method: string;
  path: string;
  words: RouteDoc | null;
  validators: Validator[];
}

function operationsOf(app: Hono<AppEnv>): Operation[] {
  const found = new Map<string, Operation>();
  for (const { method, path, handler } of app.routes) {
    if (method === "ALL") continue;
    const name = `${method} ${path}`;
    const operation = found.get(name) ?? { method, path, words: null, validators: [] };
    const tags = handler as { [DOC]?: RouteDoc; [SCHEMA]?: Validator };
    if (tags[DOC]) operation.words = tags[DOC];
    if (tags[SCHEMA]) operation.validators.push(tags[SCHEMA]);
    found.set(name, operation);
  }
  return [...found.values()];
}

/** The OpenAPI 3.1 document of every route that has a {@link doc}. */
export function buildOpenApi(
  app: Hono<AppEnv>,
  about: { title: string; version: string; description: string },
): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operationsOf(app)) {
    if (!operation.words) continue;
    const path = operation.path.replace(/:(\w+)(\{[^{}]*\})?/g, "{$1}");
    (paths[path] ??= {})[operation.method.toLowerCase()] = describe(operation, operation.words);
  }
  return createDocument({ openapi: "3.1.1", info: about, paths, components: COMPONENTS });
}

function describe(operation: Operation, words: RouteDoc): ZodOpenApiOperationObject {
  const body = schemaOf(operation, "json");
  const security = describeSecurity(findAccess(operation));
  return {
    operationId: operationId(operation),
    summary: words.summary,
    ...(words.description === undefined ? {} : { description: words.description }),
    tags: words.tags,
    ...(security.length === 0 ? {} : { security }),
    ...parametersOf(operation),
    ...(body ? { requestBody: { content: { "application/json": { schema: body } } } } : {}),
    responses: describeAnswers(words),
  };
}

/** `GET /api/v1/accounts/:id` is `get_accounts_id`. */
function operationId({ method, path }: Operation): string {
  const words = path.replace(/^\/api\/(v1\/)?/, "").replace(/\{[^{}]*\}/g, "").split(/\W+/);
  return [method.toLowerCase(), ...words.filter((word) => word !== "")].join("_");
}

function schemaOf(operation: Operation, target: keyof ValidationTargets): z.ZodObject | undefined {
  return operation.validators.find((one) => one.target === target)?.schema;
}

// An undefined member of requestParams makes zod-openapi throw, so only those there are go in.
function parametersOf(operation: Operation): Pick<ZodOpenApiOperationObject, "requestParams"> {
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const plain = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
  const path = schemaOf(operation, "param") ?? (names.length > 0 ? plain : undefined);
  const query = schemaOf(operation, "query");
  const header = schemaOf(operation, "header");
  if (!path && !query && !header) return {};
  return {
    requestParams: {
      ...(path ? { path } : {}),
      ...(query ? { query } : {}),
      ...(header ? { header } : {}),
    },
  };
}

function describeAnswers(words: RouteDoc): ZodOpenApiOperationObject["responses"] {
  const answers = Object.entries(words.responses).map(([status, { description, ...answer }]) => {
    const { schema, contentType = "application/json" } = answer;
    const content = schema ? { content: { [contentType]: { schema } } } : {};
    return [status, { description, ...content }] as const;
  });
  return { ...Object.fromEntries(answers), default: { $ref: "#/components/responses/Problem" } };
}

function describeSecurity(row: AccessRow | null): Record<string, string[]>[] {
  const schemes: string[] = [];
  if (row?.callers.includes("admin_program")) schemes.push("adminKey");
  if (row?.callers.includes("scheduler")) schemes.push("cronSecret");
  if (row?.callers.includes("account_program")) schemes.push("accountKey");
  return schemes.map((name) => ({ [name]: [] }));
}

const bearer = (description: string) => ({ type: "http", scheme: "bearer", description }) as const;

const COMPONENTS: NonNullable<ZodOpenApiObject["components"]> = {
  responses: {
    Problem: {
      description: "Whatever went wrong; /problems/{code} says what to do about it",
      content: { "application/problem+json": { schema: problemShape } },
    },
  },
  securitySchemes: {
    adminKey: bearer("ADMIN_API_KEY: may do everything."),
    cronSecret: bearer("CRON_SECRET: may start the scheduled work."),
    accountKey: bearer("A key of one account, tk_…: may see and use that account."),
  },
};

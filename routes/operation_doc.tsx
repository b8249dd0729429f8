/**
 * One operation of the API as a person reads it: parameters, body, answers, and a curl line.
 *
 * Comes from: `routes/docs.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OpenApiDocument } from "./openapi.ts";

type Operation = NonNullable<NonNullable<OpenApiDocument["paths"]>[string]["get"]>;

/** What {@link OperationDoc} shows. */
export interface OperationDocProps {
  /** `GET`, `POST`, … */
  method: string;
  /** With `{id}` for what varies. */
  path: string;
  /** Its description. */
  operation: Operation;
  /** Where the schemas it names are found. */
  document: OpenApiDocument;
  /** Where the API is, for the curl line. */
  publicUrl: string;
}

/** An article with everything needed to call the operation. */
export function OperationDoc(props: OperationDocProps): JSX.Element {
  const { method, path, operation, document } = props;
  const body = bodySchema(operation);
  return (
    <article id={operation.operationId}>
      <h3>
        <code>{method} {path}</code>
      </h3>
      <p>{operation.summary}</p>
      {operation.description && <p>{operation.description}</p>}
      <Parameters operation={operation} />
      {body !== undefined && <Fields title="Body" rows={fieldsOf(document, body)} />}
      <Answers operation={operation} />
      <pre tabindex={0}><code>{curlOf(props, body !== undefined)}</code></pre>
    </article>
  );
}

interface Field {
  name: string;
  type: string;
  isRequired: boolean;
  description: string;
}

function Fields({ title, rows }: { title: string; rows: Field[] }): JSX.Element | null {
  if (rows.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul>
        {rows.map(({ name, type, isRequired, description }) => (
          <li>
            <code>{name}</code> {type}
            {isRequired ? ", required" : ""}
            {description && `: ${description}`}
          </li>
        ))}
      </ul>
    </>
  );
}

function Parameters({ operation }: { operation: Operation }): JSX.Element | null {
  const rows = (operation.parameters ?? []).flatMap((parameter): Field[] => {
    if (!("name" in parameter)) return [];
    const { name, schema, description = "" } = parameter;
    const place = parameter.in === "query" ? "query" : parameter.in;
    return [{
      name,
      type: `${typeOf(schema)} in the ${place}`,
      isRequired: parameter.required ?? false,
      description,
    }];
  });
  return <Fields title="Parameters" rows={rows} />;
}

function Answers({ operation }: { operation: Operation }): JSX.Element {
  const answers = Object.entries(operation.responses ?? {})
    .filter(([status]) => status !== "default");
  return (
    <>
      <h4>Answers</h4>
      <ul>
        {answers.map(([status, answer]) => (
          <li>
            <code>{status}</code> {textOf(answer, "description")}
          </li>
        ))}
      </ul>
    </>
  );
}

function bodySchema(operation: Operation): unknown {
  const body = operation.requestBody;
  const media = body && "content" in body ? body.content["application/json"] : undefined;
  return media && "schema" in media ? media.schema : undefined;
}

function curlOf({ method, path, publicUrl }: OperationDocProps, hasBody: boolean): string {
  const parts = [
    `curl -X ${method} '${publicUrl}${path}'`,
    `-H "Authorization: Bearer $KEY"`,
    ...(hasBody ? [`-H 'Content-Type: application/json'`, `-d @body.json`] : []),
  ];
  return parts.join(" \\\n  ");
}

// From here on: a document is JSON of many shapes, so it is asked, not trusted.

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

function textOf(value: unknown, member: string): string {
  const text = isObject(value) ? value[member] : undefined;
  return typeof text === "string" ? text : "";
}

const refName = (schema: unknown): string => textOf(schema, "$ref").split("/").at(-1) ?? "";

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return "any";
  const { type, enum: values, const: value } = schema;
  if (refName(schema) !== "") return refName(schema);
  if (Array.isArray(values)) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (value !== undefined) return JSON.stringify(value);
  if (type === "array") return `list of ${typeOf(schema["items"])}`;
  const members = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(members)) return members.map(typeOf).join(" | ");
  return typeof type === "string" ? type : Array.isArray(type) ? type.join(" | ") : "any";
}

function fieldsOf(document: OpenApiDocument, schema: unknown): Field[] {
  const found = refName(schema) === "" ? schema : document.components?.schemas?.[refName(schema)];
  if (!isObject(found) || !isObject(found["properties"])) return [];
  const required: unknown[] = Array.isArray(found["required"]) ? found["required"] : [];
  return Object.entries(found["properties"]).map(([name, member]) => ({
    name,
    type: typeOf(member),
    isRequired: required.includes(name),
    description: textOf(member, "description"),
  }));
}

/**
 * The form before a change: what will happen, why, and a one-use id.
 *
 * A second click on it shows the first result instead of doing it again.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { TextAreaField } from "./fields.tsx";
import { PostForm, type PostFormProps } from "./forms.tsx";
import { WORDS } from "./strings.ts";
import { Table } from "./table.tsx";

/** What {@link ConfirmForm} needs. */
export interface ConfirmFormProps extends PostFormProps {
  /** One-use id, fresh for each showing of the form; sent as `form_id`. */
  formId: string;
  /** The way back. */
  cancelHref: string;
  /** What the change does, before → after. */
  changes?: readonly Change[] | undefined;
  /** Given when a reason is asked for; sent as `reason`. */
  reason?: { value?: string | undefined; error?: string | undefined } | undefined;
}

/** One value that a change would alter. */
export interface Change {
  /** What the value is. */
  label: string;
  /** As it is. */
  before: Child;
  /** As it would be. */
  after: Child;
}

/** The step before a change: what will happen, why, and a way back. */
export function ConfirmForm({ changes = [], reason, ...form }: ConfirmFormProps): JSX.Element {
  return (
    <PostForm {...form}>
      {changes.length > 0 && <ChangeTable changes={changes} />}
      {form.children}
      {reason && <ReasonField {...reason} />}
    </PostForm>
  );
}

/** Values before and after a change. */
export function ChangeTable({ changes }: { changes: readonly Change[] }): JSX.Element {
  const words = WORDS.form;
  return (
    <Table
      caption={words.changes}
      columns={[
        { key: "label", label: words.what },
        { key: "before", label: words.before, kind: "number" },
        { key: "after", label: words.after, kind: "number" },
      ]}
      rows={changes}
    />
  );
}

/** Why a change is made; required, kept with it. */
export function ReasonField(
  { value, error }: { value?: string | undefined; error?: string | undefined },
): JSX.Element {
  const { reason, reasonHint } = WORDS.form;
  return (
    <TextAreaField
      name="reason"
      label={reason}
      hint={reasonHint}
      {...{ value, error }}
      isRequired
      rows={2}
    />
  );
}

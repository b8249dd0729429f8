/**
 * Form fields: every control has a label, and its hint and error are tied to it.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { WORDS } from "./strings.ts";

/** What every field has. */
export interface FieldBase {
  /** The name it is sent under. */
  name: string;
  /** Its words. */
  label: string;
  /** Default `field-<name>`; needed when two forms of a page have a field of the same name. */
  id?: string | undefined;
  /** What to write, before a mistake is made. */
  hint?: string | undefined;
  /** What is wrong with the value, in a sentence. */
  error?: string | undefined;
  /** What stands in it at first. */
  value?: string | undefined;
  /** Optional fields say so; required ones do not need to. */
  isRequired?: boolean | undefined;
}

/** What {@link Field} needs. */
export interface FieldProps extends FieldBase {
  /** Default `text`. What was typed into `password` is never shown again. */
  type?:
    | "text"
    | "email"
    | "password"
    | "search"
    | "date"
    | "datetime-local"
    | "url"
    | "tel"
    | "file";
  /** `decimal` for amounts: they are text, never a number control. */
  inputmode?: "decimal" | "numeric" | "tel" | "email" | undefined;
  /** What a password manager may fill in, such as `current-password`. */
  autocomplete?: string | undefined;
  /** In characters. */
  maxlength?: number | undefined;
}

/** A one-line input. */
export function Field(props: FieldProps): JSX.Element {
  const { type = "text", inputmode, autocomplete, maxlength } = props;
  return (
    <FieldFrame field={props}>
      <input
        {...controlAttributes(props)}
        type={type}
        value={type === "password" || type === "file" ? undefined : props.value}
        inputmode={inputmode}
        autocomplete={autocomplete}
        maxlength={maxlength}
      />
    </FieldFrame>
  );
}

/** What {@link SelectField} needs. */
export interface SelectFieldProps extends FieldBase {
  /** What can be chosen, in order. */
  options: readonly { value: string; label: string }[];
}

/** A choice of one among a few. */
export function SelectField(props: SelectFieldProps): JSX.Element {
  return (
    <FieldFrame field={props}>
      <select {...controlAttributes(props)}>
        {props.options.map(({ value, label }) => (
          <option value={value} selected={value === props.value}>{label}</option>
        ))}
      </select>
    </FieldFrame>
  );
}

/** A field of several lines. */
export function TextAreaField(props: FieldBase & { rows?: number | undefined }): JSX.Element {
  return (
    <FieldFrame field={props}>
      <textarea {...controlAttributes(props)} rows={props.rows ?? 3}>{props.value ?? ""}</textarea>
    </FieldFrame>
  );
}

/** A yes or no; sends `value` (default `yes`) when ticked and nothing when not. */
export function CheckField(props: FieldBase & { isChecked: boolean }): JSX.Element {
  const { label, hint, error, isChecked, value } = props;
  const id = fieldId(props);
  const control = controlAttributes({ ...props, isRequired: false });
  return (
    <div class="field check">
      <input {...control} type="checkbox" value={value ?? "yes"} checked={isChecked} />
      <label for={id}>{label}</label>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

/** The id of a field's control, which an `ErrorSummary` links to. */
export function fieldId(field: { name: string; id?: string | undefined }): string {
  return field.id ?? `field-${field.name}`;
}

function FieldFrame({ field, children }: { field: FieldBase; children?: Child }): JSX.Element {
  const id = fieldId(field);
  return (
    <div class="field">
      <label for={id}>
        {field.label} {field.isRequired === false && <small>({WORDS.form.optional})</small>}
      </label>
      <Notes id={id} hint={field.hint} error={field.error} />
      {children}
    </div>
  );
}

interface NotesProps {
  id: string;
  hint: string | undefined;
  error: string | undefined;
}

function Notes({ id, hint, error }: NotesProps): JSX.Element {
  return (
    <>
      {hint && <p class="hint soft" id={`${id}-hint`}>{hint}</p>}
      {error && <p class="error" id={`${id}-error`}>{error}</p>}
    </>
  );
}

function controlAttributes(field: FieldBase): Record<string, string | boolean | undefined> {
  const id = fieldId(field);
  const notes = [field.hint && `${id}-hint`, field.error && `${id}-error`].filter(Boolean);
  return {
    id,
    name: field.name,
    required: field.isRequired === true,
    "aria-invalid": field.error ? "true" : undefined,
    "aria-describedby": notes.length > 0 ? notes.join(" ") : undefined,
  };
}

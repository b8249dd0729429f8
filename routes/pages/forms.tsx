/**
 * Small forms and what every form has: the filter over a list, one button that does something, the
 * list of faults.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { LinkButton } from "./components.tsx";
import { fieldId } from "./fields.tsx";
import { safeUrl } from "./links.ts";
import { WORDS } from "./strings.ts";

/** One fault of a form. */
export interface FormError {
  /** The field's name. */
  name: string;
  /** The field's id where it is not the usual one. */
  id?: string | undefined;
  /** What to do about it, in a sentence. */
  message: string;
}

/** All faults of a form on top of it, each a link to its field; nothing when there are none. */
export function ErrorSummary({ errors }: { errors: readonly FormError[] }): JSX.Element | null {
  if (errors.length === 0) return null;
  return (
    <div class="errors" role="alert" tabindex={-1} autofocus>
      <h2>{WORDS.form.errorTitle}</h2>
      <ul>
        {errors.map((error) => (
          <li>
            <a href={`#${fieldId(error)}`}>{error.message}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What {@link FilterForm} needs. */
export interface FilterFormProps {
  /** The list's own path; the filter is its query, so that it can be shared. */
  action: string;
  /** Parameters that the fields do not cover and that stay, such as the tab or the sorting. */
  keep?: Readonly<Record<string, string>> | undefined;
  /** Given when something is filtered: where the list is shown without. */
  clearHref?: string | undefined;
  /** The fields. */
  children?: Child;
}

/** A GET form over a list. */
export function FilterForm({ action, keep, clearHref, children }: FilterFormProps): JSX.Element {
  return (
    <form
      class="filter row"
      method="get"
      action={safeUrl(action)}
      role="search"
      aria-label={WORDS.form.filterName}
    >
      <HiddenFields values={keep ?? {}} />
      {children}
      <div class="actions row">
        <button class="button" type="submit">{WORDS.form.filter}</button>
        {clearHref && <a href={safeUrl(clearHref)}>{WORDS.form.clearFilter}</a>}
      </div>
    </form>
  );
}

/** What {@link PostForm} needs. */
export interface PostFormProps {
  /** Where it posts to. */
  action: string;
  /** The words of the button: what happens, as a verb. */
  submitLabel: string;
  /** One-use id, fresh for each showing of the form; sent as `form_id`. */
  formId?: string | undefined;
  /** Values decided before, sent along unseen. */
  hidden?: Readonly<Record<string, string>> | undefined;
  /** For what takes money or access away. */
  isDangerous?: boolean | undefined;
  /** The way back, where there is one. */
  cancelHref?: string | undefined;
  /** For a form with a file. */
  enctype?: "multipart/form-data" | undefined;
  /** The fields. */
  children?: Child;
}

/** A form that changes something, its fields one below the other. */
export function PostForm(props: PostFormProps): JSX.Element {
  const { action, enctype, cancelHref } = props;
  return (
    <form class="form" method="post" action={safeUrl(action)} enctype={enctype}>
      <HiddenFields values={withFormId(props)} />
      {props.children}
      <div class="actions row">
        <button class={`button ${props.isDangerous ? "danger" : "primary"}`} type="submit">
          {props.submitLabel}
        </button>
        {cancelHref && <LinkButton href={cancelHref}>{WORDS.form.cancel}</LinkButton>}
      </div>
    </form>
  );
}

/** What {@link PostButton} needs. */
export interface PostButtonProps {
  /** Where it posts to. */
  action: string;
  /** One-use id, sent as `form_id`. */
  formId?: string | undefined;
  /** Values sent along unseen. */
  hidden?: Readonly<Record<string, string>> | undefined;
  /** `primary` for the one thing most people come for. */
  tone?: "primary" | "danger" | undefined;
  /** The fields. */
  children?: Child;
}

/** A form that is one button: sync, retry, resume. */
export function PostButton(
  { action, formId, hidden, tone, children }: PostButtonProps,
): JSX.Element {
  return (
    <form class="one-button" method="post" action={safeUrl(action)}>
      <HiddenFields values={withFormId({ hidden, formId })} />
      <button class={`button ${tone ?? ""}`.trim()} type="submit">{children}</button>
    </form>
  );
}

function withFormId(
  { hidden, formId }: Pick<PostFormProps, "hidden" | "formId">,
): Record<string, string> {
  return { ...hidden, ...(formId ? { form_id: formId } : {}) };
}

function HiddenFields(
  { values }: { values: Readonly<Record<string, string>> },
): JSX.Element {
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
    </>
  );
}

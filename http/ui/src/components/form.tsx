// A form that is sent to the server: busy meanwhile, and what the server refuses is said at the field.
import { type ReactNode, useState } from "react";
import { type FormErrors, formErrors, NO_ERRORS } from "@/lib/fields";
import { Button } from "./basics";

export interface Sending {
  isBusy: boolean;
  errors: FormErrors;
  setErrors: (errors: FormErrors) => void;
  /** Does what the form is for. What it throws is sorted to the fields. */
  send: (act: () => Promise<unknown>) => Promise<void>;
}

/** `sort` puts a failure to the fields; or these are their names, as the server has them. */
export function useSending(sort: readonly string[] | ((failure: unknown) => FormErrors)): Sending {
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState(NO_ERRORS);
  const send = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setErrors(NO_ERRORS);
    try {
      await act();
    } catch (failure) {
      setErrors(typeof sort === "function" ? sort(failure) : formErrors(failure, sort));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, errors, setErrors, send };
}

/** A form of a dialog: its fields, what is wrong with none of them, and how to end it. */
export function Form({
  sending,
  act,
  verb,
  canSend,
  onCancel,
  children,
}: {
  sending: Sending;
  act: () => Promise<unknown>;
  /** What the button says. */
  verb: string;
  canSend: boolean;
  onCancel: () => void;
  children: ReactNode;
}) {
  const { isBusy, errors, send } = sending;
  const mayGo = canSend && !isBusy;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (mayGo) void send(act);
      }}
    >
      {children}
      {errors.rest ? (
        <p role="alert" className="text-sm break-words text-danger">
          {errors.rest}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={!mayGo}>
          {verb}
        </Button>
      </div>
    </form>
  );
}

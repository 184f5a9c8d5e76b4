// Adds an entry to the server's scope.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "@/api/client";
import { keys } from "@/api/queries";
import { CodeInput, Field, Input, Select } from "@/components/basics";
import { Form, useSending } from "@/components/form";
import { Dialog, say } from "@/components/overlays";
import { expiryAt, SPANS, type Span } from "./expiry";
import { systemKeys } from "./queries";

const FIELDS = ["target", "note", "expires_at"] as const;

export function ScopeForm({ list, onClose }: { list: Schemas["ScopeList"]; onClose: () => void }) {
  const client = useQueryClient();
  const [target, setTarget] = useState("");
  const [note, setNote] = useState("");
  const [span, setSpan] = useState<Span>("never");
  const sending = useSending(FIELDS);
  const { fields } = sending.errors;
  const verb = list === "allow" ? "Allow" : "Deny";
  const add = async () => {
    const body: Schemas["NewScopeEntry"] = {
      list,
      target: target.trim(),
      note: note.trim() || null,
      expires_at: expiryAt(span, Date.now()),
    };
    await take(api.POST("/api/scope", { body }));
    await Promise.all([
      client.invalidateQueries({ queryKey: systemKeys.scope }),
      client.invalidateQueries({ queryKey: keys.system }),
    ]);
    say(list === "allow" ? "Addresses allowed" : "Addresses denied", body.target);
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${verb} addresses`}
      description={
        list === "allow"
          ? "They may be scanned from now on, unless an entry denies them."
          : "They are not scanned from now on, whatever allows them."
      }
    >
      <Form
        sending={sending}
        act={add}
        verb={verb}
        canSend={target.trim() !== ""}
        onCancel={onClose}
      >
        <Field
          id="scope-target"
          label="Addresses"
          hint="One address, block or range: 10.0.0.0/8, 10.0.0.1-20, fd00::/64"
          error={fields.target}
        >
          <CodeInput
            id="scope-target"
            value={target}
            aria-invalid={fields.target ? true : undefined}
            aria-describedby={fields.target ? "scope-target-error" : "scope-target-hint"}
            onChange={(event) => setTarget(event.target.value)}
          />
        </Field>
        <Field
          id="scope-note"
          label="Why"
          hint="Needed to allow addresses beyond this machine and private networks"
          error={fields.note}
        >
          <Input
            id="scope-note"
            value={note}
            aria-invalid={fields.note ? true : undefined}
            aria-describedby={fields.note ? "scope-note-error" : "scope-note-hint"}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
        <Field id="scope-span" label="For how long" error={fields.expires_at}>
          <Select
            id="scope-span"
            value={span}
            onChange={(event) => setSpan(event.target.value as Span)}
          >
            {SPANS.map(({ key, label }) => (
              <option key={key} value={key}>
                {key === "never" ? "Until it is removed" : label}
              </option>
            ))}
          </Select>
        </Field>
      </Form>
    </Dialog>
  );
}

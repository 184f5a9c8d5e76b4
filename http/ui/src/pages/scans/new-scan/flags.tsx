// How to scan: a profile, and flags as one would type them. What is refused says why, at its place.
import { Link } from "@tanstack/react-router";
import type { Preview } from "@/api/client";
import type { Profile } from "@/api/profiles";
import { CodeInput, cx, Field, Select } from "@/components/basics";
import { words } from "@/lib/format";
import { toggleFlags } from "./flag-line";
import type { FormParts } from "./form";

/** What people ask for most. Each is put in or taken out as a whole. */
const USUAL: { label: string; flags: string; means: string }[] = [
  { label: "100 ports", flags: "-F", means: "the 100 most used ports instead of 1000" },
  { label: "All ports", flags: "-p-", means: "all 65,535 ports: takes long" },
  { label: "Versions", flags: "-sV", means: "ask open ports what listens there" },
  { label: "Default scripts", flags: "-sC", means: "the scripts of nmap's default category" },
  { label: "OS", flags: "-O", means: "guess the operating system; needs raw sockets" },
  { label: "UDP", flags: "-sU", means: "UDP ports; needs raw sockets, takes long" },
  { label: "Only who is up", flags: "-sn", means: "no ports" },
  { label: "Take all as up", flags: "-Pn", means: "no host discovery" },
  { label: "Faster", flags: "-T4", means: "shorter timeouts, for good networks" },
];

export function Flags({
  draft,
  change,
  errors,
  preview,
  profiles,
}: FormParts & { preview: Preview | null; profiles: Profile[] | null }) {
  const typed = words(draft.flags);
  const refused = preview?.refused ?? [];
  // An answer to what stood there before says nothing about what stands there now.
  const here = refused.filter((one) => typed[one.index] === one.flag);
  const away = refused.filter((one) => !here.includes(one));
  const others = here.length + away.length > 0 ? undefined : errors.flags;
  return (
    <div className="flex flex-col gap-4">
      {profiles ? <ProfileChoice {...{ draft, change, errors, profiles }} /> : null}
      <div>
        <Field
          id="flags"
          label={draft.profile ? "Further nmap flags" : "nmap flags"}
          error={others}
          hint={
            draft.profile
              ? "They take the place of those of the profile that say the same."
              : "Without any, nmap looks at its 1,000 most used TCP ports."
          }
        >
          <CodeInput
            id="flags"
            placeholder="-sV -p 22,80,443"
            aria-invalid={refused.length > 0 || Boolean(errors.flags)}
            value={draft.flags}
            onChange={(event) => change({ flags: event.target.value })}
          />
        </Field>
        {here.length > 0 ? (
          <p aria-hidden className="mt-1.5 flex flex-wrap gap-1 font-mono text-xs">
            {typed.map((word, at) => {
              const isBad = here.some((one) => one.index === at);
              return (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: a word is known by its place
                  key={at}
                  className={cx(
                    "rounded px-1 py-0.5 break-all",
                    isBad ? "bg-danger-soft text-danger line-through" : "bg-sunken text-muted",
                  )}
                >
                  {word}
                </span>
              );
            })}
          </p>
        ) : null}
        {refused.length > 0 ? (
          <div role="alert">
            <ul className="mt-1.5 flex flex-col gap-0.5 text-xs">
              {[...here, ...away].map((one) => (
                <li key={`${one.index}${one.flag}`} className="break-words">
                  <code className="font-mono font-medium">
                    <bdi>{one.flag}</bdi>
                  </code>
                  {away.includes(one) && draft.profile ? " of the profile" : ""}:{" "}
                  <span className="text-danger">{one.reason}</span>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
      <fieldset>
        <legend className="mb-1.5 text-xs text-muted">Often wanted</legend>
        <div className="flex flex-wrap gap-1.5">
          {USUAL.map(({ label, flags, means }) => {
            const isOn = words(flags).every((word) => typed.includes(word));
            return (
              <button
                key={flags}
                type="button"
                aria-pressed={isOn}
                title={`${flags}: ${means}`}
                className={cx(
                  "h-7 rounded-full border px-2.5 text-xs",
                  isOn
                    ? "border-transparent bg-accent-soft font-medium text-accent"
                    : "border-line text-muted hover:bg-hover hover:text-text",
                )}
                onClick={() => change({ flags: toggleFlags(draft.flags, flags) })}
              >
                {label} <span className="font-mono">{flags}</span>
              </button>
            );
          })}
        </div>
      </fieldset>
    </div>
  );
}

function ProfileChoice({ draft, change, errors, profiles }: FormParts & { profiles: Profile[] }) {
  const chosen = profiles.find((profile) => profile.name === draft.profile);
  const isUnknown = draft.profile !== "" && !chosen;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field
        id="profile"
        label="Profile"
        error={errors.profile ?? chosen?.error}
        hint={
          isUnknown
            ? "There is no such profile."
            : chosen?.description || (
                <Link to="/profiles" className="inline-flex min-h-7 items-center underline">
                  What profiles are there?
                </Link>
              )
        }
      >
        <Select
          id="profile"
          className="w-full"
          value={draft.profile}
          onChange={(event) => change({ profile: event.target.value })}
        >
          <option value="">None: flags alone</option>
          {isUnknown ? <option value={draft.profile}>{draft.profile}</option> : null}
          {profiles.map((profile) => (
            <option key={profile.name} value={profile.name}>
              {profile.name}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        id="plan"
        label="Plan"
        error={errors.plan}
        hint="Staged: who is up first, then ports, then what listens on the open ones."
      >
        <Select
          id="plan"
          className="w-full"
          value={draft.plan}
          onChange={(event) => change({ plan: event.target.value as FormParts["draft"]["plan"] })}
        >
          <option value="">{chosen ? `As the profile: ${chosen.plan}` : "Single"}</option>
          <option value="single">Single</option>
          <option value="staged">Staged</option>
        </Select>
      </Field>
    </div>
  );
}

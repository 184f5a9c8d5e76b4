// Named sets of flags: those that netscan brings, and those that people here have made.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Copy, Pencil, Play, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { deleteProfile, isOwn, type Profile, profilesQuery } from "@/api/profiles";
import { useMay } from "@/app/session";
import {
  Badge,
  Button,
  buttonClass,
  Card,
  CardHead,
  IconButton,
  Notice,
} from "@/components/basics";
import { Command } from "@/components/command";
import { CopyButton } from "@/components/copy";
import { Confirm, Dialog, say } from "@/components/overlays";
import { PageHead } from "@/components/page";
import { Loaded } from "@/components/states";
import { count, shell } from "@/lib/format";
import { copyName, type Editing } from "./profiles/editing";
import { ProfileForm } from "./profiles/form";

export default function Profiles() {
  const query = useQuery(profilesQuery);
  const mayChange = useMay("operator");
  const [editing, setEditing] = useState<Editing | null>(null);
  const profiles = query.data;
  return (
    <>
      <PageHead
        title="Profiles"
        aside={
          profiles ? <span className="num text-sm text-muted">{count(profiles.length)}</span> : null
        }
        actions={
          profiles && mayChange ? (
            <Button variant="primary" onClick={() => setEditing({ of: null, begin: null })}>
              <Plus aria-hidden className="size-4" />
              New profile
            </Button>
          ) : null
        }
      />
      <Loaded query={query}>
        {(all) => (
          <div className="flex flex-col gap-4">
            <Group
              title="Built in"
              profiles={all.filter((profile) => profile.builtin)}
              {...{ all, mayChange, setEditing }}
            />
            <Group
              title="Your own"
              profiles={all.filter((profile) => !profile.builtin)}
              {...{ all, mayChange, setEditing }}
            />
          </div>
        )}
      </Loaded>
      <Dialog
        open={editing !== null}
        onOpenChange={(open) => !open && setEditing(null)}
        title={editing?.of ? `Change “${editing.of}”` : "New profile"}
        description="Flags are checked by the server, like those of a scan."
      >
        {editing ? <ProfileForm editing={editing} close={() => setEditing(null)} /> : null}
      </Dialog>
    </>
  );
}

interface GroupProps {
  title: string;
  profiles: Profile[];
  all: Profile[];
  mayChange: boolean;
  setEditing: (editing: Editing) => void;
}

function Group({ title, profiles, all, mayChange, setEditing }: GroupProps) {
  return (
    <Card>
      <CardHead title={title} hint={count(profiles.length)} />
      {profiles.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">
          None yet. Make one, or copy one that is built in.
        </p>
      ) : null}
      <ul>
        {profiles.map((profile) => (
          <li
            key={profile.name}
            className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-b-0"
          >
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <h3 className="min-w-0 text-sm font-semibold break-all">
                <bdi>{profile.name}</bdi>
              </h3>
              {profile.plan === "staged" ? <Badge tone="accent">staged</Badge> : null}
              {profile.source === "file" ? (
                <Badge title="From the server's file">file</Badge>
              ) : null}
              {profile.needs.map((need) => (
                <Badge key={need} tone="warn" title="What it needs that not every scan has">
                  needs {need}
                </Badge>
              ))}
              <span className="ml-auto flex items-center gap-1">
                {mayChange ? (
                  <IconButton
                    label={`Copy ${profile.name}`}
                    className="size-8"
                    onClick={() =>
                      setEditing({ of: null, begin: { ...profile, name: copyName(profile, all) } })
                    }
                  >
                    <Copy aria-hidden className="size-4" />
                  </IconButton>
                ) : null}
                {mayChange && isOwn(profile) ? <Own {...{ profile, setEditing }} /> : null}
                <Link
                  to="/scans/new"
                  search={{ profile: profile.name } as never}
                  className={buttonClass("plain", "sm")}
                >
                  <Play aria-hidden className="size-3.5" />
                  Use
                </Link>
              </span>
            </div>
            {profile.description ? (
              <p className="max-w-prose text-sm break-words text-muted">
                <bdi>{profile.description}</bdi>
              </p>
            ) : null}
            <Commands profile={profile} />
            {profile.error ? (
              <Notice tone="danger" title="It cannot be used here now">
                {profile.error}
              </Notice>
            ) : null}
            {profile.fallback.map((line) => (
              <Notice key={line} tone="warn">
                {line}
              </Notice>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Own({ profile, setEditing }: Pick<GroupProps, "setEditing"> & { profile: Profile }) {
  const client = useQueryClient();
  return (
    <>
      <IconButton
        label={`Change ${profile.name}`}
        className="size-8"
        onClick={() => setEditing({ of: profile.name, begin: profile })}
      >
        <Pencil aria-hidden className="size-4" />
      </IconButton>
      <Confirm
        title={`Delete the profile “${profile.name}”?`}
        verb="Delete"
        act={async () => {
          await deleteProfile(profile.name);
          say("Profile deleted", profile.name);
          await client.invalidateQueries({ queryKey: profilesQuery.queryKey });
        }}
        trigger={(open) => (
          <IconButton label={`Delete ${profile.name}`} className="size-8" onClick={open}>
            <Trash2 aria-hidden className="size-4" />
          </IconButton>
        )}
      >
        Scans that were made with it keep their flags.
      </Confirm>
    </>
  );
}

/** The exact command; for a staged plan one for each step. */
function Commands({ profile }: { profile: Profile }) {
  const { phases } = profile;
  const shown =
    phases.length > 0
      ? phases
      : [{ phase: "", argv: profile.argv.length > 0 ? profile.argv : profile.flags }];
  return shown.map(({ phase, argv }) => (
    <div key={phase} className="flex items-start gap-2 rounded-md bg-sunken py-1 pr-1 pl-2.5">
      <code className="min-w-0 flex-1 py-1 font-mono text-xs break-words">
        {phase ? <span className="text-muted">{phase}: </span> : null}
        <Command argv={argv} />
      </code>
      <CopyButton text={shell(argv)} />
    </div>
  ));
}

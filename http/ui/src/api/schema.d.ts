// Made by `npm run types` from schemas/documents/openapi.json. Not for editing.
export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers the first page of the web UI. Every path that is no route is answered with it too, to
         *     those who accept `text/html`.
         */
        get: operations["web_ui"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the AsyncAPI document of the WebSockets. */
        get: operations["get_asyncapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the audit log, newest first; with `since`, oldest first. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Verifies the audit log: reads all of it. */
        get: operations["verify_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers one batch with its attempts. */
        get: operations["get_batch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batches/{id}/raw/{stream}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers the bytes of a stream exactly as nmap wrote them; of the newest attempt, if none is
         *     named. All of it is compared with its digest before the first byte is sent, frame by frame, and
         *     again on the way.
         */
        get: operations["get_raw"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the documentation of the API as a page. */
        get: operations["docs_page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/style.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers how that page looks. */
        get: operations["docs_style"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds hosts of all scans. Those found by `address`, or by an address that `q` begins, come in the
         *     order of addresses; all others from the newest scan to the oldest.
         */
        get: operations["search_hosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hosts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers one host with all that is known of it. */
        get: operations["get_host"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nmap/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs nmap once over the targets and answers what it found. Kept like any scan. A client that
         *     goes away stops it.
         */
        post: operations["run_nmap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the OpenAPI document of all routes. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists all profiles, those that are built in first. */
        get: operations["list_profiles"];
        put?: never;
        /** Makes a profile. */
        post: operations["create_profile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/profiles/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers one profile. */
        get: operations["get_profile"];
        /** Makes a profile, or puts it in the place of the one of its name. */
        put: operations["put_profile"];
        post?: never;
        /** Deletes a profile. Scans that were asked for with it keep its flags. */
        delete: operations["delete_profile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists all projects. */
        get: operations["list_projects"];
        put?: never;
        /** Makes a project. */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers one project. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        /** Deletes a project with all its scans, unless one of them has not ended. */
        delete: operations["delete_project"];
        options?: never;
        head?: never;
        /**
         * Changes a project's name, description or grants; the grants only for an admin, and to grant more
         *     than there is takes a note.
         */
        patch: operations["change_project"];
        trace?: never;
    };
    "/api/projects/{id}/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the scans of a project, newest first. */
        get: operations["list_project_scans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{id}/scope": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the scope of a project. */
        get: operations["get_project_scope"];
        put?: never;
        /** Adds an entry to the scope of a project. */
        post: operations["add_to_project_scope"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{id}/scope/{entry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes an entry of the scope of a project. */
        delete: operations["remove_from_project_scope"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists all scans, newest first. */
        get: operations["list_scans"];
        put?: never;
        /** Accepts a scan and answers at once. */
        post: operations["create_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a scan of the nmap XML in the body: 201 with the scan, or 200 with the one that holds the
         *     same bytes already.
         */
        post: operations["import_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says what a request would be; runs nothing. */
        post: operations["preview_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts a scan as the Python system did: status 200, unknown fields named and ignored. */
        post: operations["start_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers one scan. */
        get: operations["get_scan"];
        put?: never;
        post?: never;
        /** Deletes an ended scan with all that it found. */
        delete: operations["delete_scan"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the batches of a scan, oldest first. */
        get: operations["list_batches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/diff/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams what differs from one scan to another, the earlier one first. */
        get: operations["diff_scans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers stored events, the same objects as on the WebSocket: the oldest after `since`, or the
         *     newest before `before`. One request goes through a bounded part of them: an answer may be short,
         *     or empty, and have a `Link` to where it goes on.
         */
        get: operations["list_scan_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams a scan in one of the formats. One that has not ended is written as far as it is known. */
        get: operations["export_scan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/facets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Counts what the hosts of a scan have in common that the filter lets through: verdicts, ports,
         *     services, products.
         */
        get: operations["list_scan_facets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists hosts of a scan in the order in which they were found. */
        get: operations["list_scan_hosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers the addresses of a scan in blocks, with what is known of those in each. Names without an
         *     address are in none.
         */
        get: operations["map_scan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pauses a scan. */
        post: operations["pause_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/rescan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Scans targets of an ended scan again, as a new scan. */
        post: operations["rescan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resumes a scan. */
        post: operations["resume_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stops a scan; `force=true` gives its nmap processes no grace. */
        post: operations["stop_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams one scan's events; `Last-Event-ID` or `since` says where to begin. */
        get: operations["stream_scan_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scans/{id}/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a scan's targets by verdict, in compact ranges. */
        get: operations["list_scan_targets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scope": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the server's scope. */
        get: operations["get_scope"];
        put?: never;
        /** Adds an entry to the server's scope. */
        post: operations["add_to_scope"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/scope/{entry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes an entry of the server's scope. */
        delete: operations["remove_from_scope"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says who asks. */
        get: operations["describe_caller"];
        put?: never;
        /** Begins a session. */
        post: operations["begin_session"];
        /** Ends the session of the browser that asks. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a login code for the token of who asks; on this machine, for the administrator's. */
        post: operations["create_login_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Describes the server. */
        get: operations["describe_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes what all nmap processes together may use, for what starts next. */
        patch: operations["change_limits"];
        trace?: never;
    };
    "/api/system/supervision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the supervision tree as it is now: scans, their batches and nmaps, and what failed and was
         *     started again since the server's start.
         */
        get: operations["describe_supervision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/difficult": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists hosts that scans could not finish, by address. */
        get: operations["list_difficult_targets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/expand": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists what targets mean, address by address; names are resolved. */
        post: operations["expand_targets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{address}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the scans of which an address was a target, newest first, with what each knows of it: `up`,
         *     `down`, `timed_out` or `unfinished`.
         */
        get: operations["get_target_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists all tokens, without their secrets, which nobody knows. */
        get: operations["list_tokens"];
        put?: never;
        /** Makes a token, and answers its secret this once. */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a token away, with all that it let in. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ws-tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a ticket that opens one WebSocket, for a client that can set no header there. */
        post: operations["create_ws_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/assets/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers a file of the web UI that has a hash of its content in its name. */
        get: operations["web_ui_asset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers as long as the process serves. */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers the page that a login URL opens. The code is in the fragment, which is sent to nobody:
         *     the page posts it.
         */
        get: operations["login_page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers the metrics of the whole server, in the text format of Prometheus. */
        get: operations["scrape_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers whether scans can run and be kept. */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ws/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Upgrades to a WebSocket with the events of all scans; for a token that is limited to some
         *     projects, of all of theirs.
         */
        get: operations["follow_all_scans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ws/scans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Upgrades to a WebSocket with one scan's events. */
        get: operations["follow_scan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One attempt at a batch. */
        Attempt: {
            /** @description nmap's arguments, its program first. */
            argv: string[];
            /** @description Which try. */
            attempt: components["schemas"]["AttemptNo"];
            /**
             * Format: uint64
             * @description Processor time that nmap took.
             */
            cpu_ms: number;
            /** @description The same in words. */
            detail?: string | null;
            /** @description The stable name of what it proved; none while it runs. */
            ending?: string | null;
            /**
             * Format: int32
             * @description The exit code, of a process that returned one.
             */
            exit_code?: number | null;
            finished_at?: components["schemas"]["Time"] | null;
            /** @description What is kept of its outputs. */
            raw: {
                [key: string]: components["schemas"]["Raw"];
            };
            /**
             * Format: uint64
             * @description Hosts that it finished, and that are kept whatever its ending.
             */
            salvaged_hosts: number;
            /**
             * Format: int32
             * @description The signal that ended it.
             */
            signal?: number | null;
            /** @description When it started. */
            started_at: components["schemas"]["Time"];
            /** @description What it scanned, in compact ranges. */
            targets: string[];
        };
        /**
         * Format: uint32
         * @description Which try at a batch this is, from 1. `batch 12 attempt 2` is one nmap process.
         */
        AttemptNo: number;
        /**
         * @description What was done, or tried. The names are stable. New ones go to the end, with a new
         *     version of the record: that is how the store counts them.
         * @enum {string}
         */
        AuditAction: "login" | "login-url" | "session-end" | "token-create" | "token-revoke" | "scope-allow" | "scope-deny" | "scope-rm" | "project-create" | "project-change" | "project-delete" | "scan-create" | "scan-run" | "scan-rescan" | "scan-import" | "scan-stop" | "scan-pause" | "scan-resume" | "scan-delete" | "scan-export" | "scan-end" | "out-of-scope-result" | "limits-change" | "request" | "store-migrate" | "store-repair" | "store-salvage" | "server-start" | "server-stop" | "profile-create" | "profile-change" | "profile-delete";
        /** @description Who did something. */
        AuditActor: {
            /**
             * @description `token`, `session` (a browser that was let in with a token), `local` (a user of the server's
             *     machine), `anyone` (access rights are off), `unknown` (no valid token),
             *     `several` (refusals of too many kinds to be told apart), or `server`.
             */
            kind: string;
            /** @description The name of the token, or of the user. */
            name?: string | null;
            token_id?: components["schemas"]["TokenId"] | null;
        };
        /** @description A place where the chain breaks. */
        AuditBreak: {
            /** @description Whether its record is damaged, as a fault of the disk leaves it. */
            damaged: boolean;
            /**
             * Format: uint64
             * @description The entry.
             */
            seq: number;
            /**
             * Format: uint64
             * @description The entry of a salvage that tells of it: the break is from then, and no news.
             */
            told_by?: number | null;
            /** @description What is wrong with it. */
            what: string;
        };
        /** @description An entry of the audit log. */
        AuditEntry: {
            /** @description What was done, or tried. */
            action: components["schemas"]["AuditAction"];
            /** @description Who did it. */
            actor: components["schemas"]["AuditActor"];
            /** @description When; of what was counted together, the last time. */
            at: components["schemas"]["Time"];
            /** @description The code of the problem, where it was refused. */
            code?: string | null;
            /**
             * Format: uint64
             * @description How often; more than once only for refusals and exports, which are counted together for a
             *     minute.
             */
            count: number;
            /** @description More, in words. */
            detail: string;
            /** @description The address that it came from, over TCP: a proxy's where there is one. */
            from?: string | null;
            /** @description Its hash: BLAKE3 of `prev`, and of what is stored of the entry. */
            hash: string;
            object?: components["schemas"]["AuditObject"] | null;
            /** @description What came of it. */
            outcome: components["schemas"]["AuditResult"];
            /**
             * @description BLAKE3 of parameters that are too long to be told: of a scan, the JSON array of its targets,
             *     excludes and flags; of an import, the file.
             */
            params_blake3?: string | null;
            /** @description The hash of the entry before it; zeros for the first. */
            prev: string;
            /**
             * Format: uint64
             * @description Its number: 1, 2, 3 ... without a gap.
             */
            seq: number;
        };
        /**
         * @description An entry's number and hash: who keeps them elsewhere can tell later whether the log up to there
         *     is still the one it was. Written `SEQ:HASH`.
         */
        AuditHead: {
            /** @description The hash; zeros for an empty log. */
            hash: string;
            /**
             * Format: uint64
             * @description The number; 0 for an empty log.
             */
            seq: number;
        };
        /**
         * @description What kind of thing something was done to.
         * @enum {string}
         */
        AuditKind: "project" | "scan" | "batch" | "scope" | "token" | "route" | "profile";
        /** @description What something was done to. */
        AuditObject: {
            /** @description Its number or name. */
            id: string;
            /** @description Its kind. */
            kind: components["schemas"]["AuditKind"];
        };
        /**
         * @description What came of something.
         * @enum {string}
         */
        AuditResult: "ok" | "refused";
        /** @description What verifying the audit log found. */
        AuditVerdict: {
            /** @description Where the chain breaks, the first places. */
            breaks: components["schemas"]["AuditBreak"][];
            /**
             * Format: uint64
             * @description In how many places.
             */
            breaks_total: number;
            /**
             * Format: uint64
             * @description How many entries there are.
             */
            entries: number;
            /** @description The newest one. Keep it elsewhere. */
            head: components["schemas"]["AuditHead"];
            /**
             * @description Whether every entry is there, is as it was written, and leads to the next one; and whether
             *     the known head is still in it.
             */
            intact: boolean;
            /** @description Whether the head that was given is in the log; none when none was given. */
            known_head?: boolean | null;
        };
        /** @description A batch. */
        Batch: {
            attempt?: components["schemas"]["AttemptNo"] | null;
            /** @description Its attempts; only when one batch is asked for. */
            attempts?: components["schemas"]["Attempt"][] | null;
            /** @description The same in words. */
            detail?: string | null;
            finished_at?: components["schemas"]["Time"] | null;
            /** @description Its number. */
            id: components["schemas"]["BatchId"];
            /** @description How it is treated: `main`, `alive`, `silent` or `difficult`. */
            lane: components["schemas"]["Lane"];
            /** @description The stable name of what its newest attempt proved. */
            outcome?: string | null;
            parent_batch_id?: components["schemas"]["BatchId"] | null;
            phase?: components["schemas"]["Phase"] | null;
            /** @description Its scan. */
            scan_id: components["schemas"]["ScanId"];
            started_at?: components["schemas"]["Time"] | null;
            /** @description Where it stands. */
            status: components["schemas"]["BatchStatus"];
            /** @description What it found. */
            summary: components["schemas"]["BatchSummary"];
            /**
             * Format: uint64
             * @description How many addresses.
             */
            target_count: number;
            /** @description Its addresses in compact ranges. */
            targets: string[];
        };
        /**
         * Format: uint64
         * @description A batch's number, unique over all scans of the store and never used again.
         */
        BatchId: number;
        /**
         * @description Where a batch stands.
         * @enum {string}
         */
        BatchStatus: "queued" | "running" | "retrying" | "completed" | "split" | "stopped" | "failed";
        /** @description What a batch found, as `batch_complete` tells it. */
        BatchSummary: {
            /**
             * Format: uint64
             * @description From the start of the first attempt to the end of the last, waits included.
             */
            duration_ms: number;
            /**
             * Format: uint64
             * @description Addresses with the verdict down.
             */
            hosts_down: number;
            /**
             * Format: uint64
             * @description Addresses that nmap gave up on at the user's host timeout.
             */
            hosts_timed_out: number;
            /**
             * Format: uint64
             * @description Addresses with the verdict up.
             */
            hosts_up: number;
            /**
             * Format: uint64
             * @description Ports found open on them.
             */
            open_ports: number;
        };
        /** @description Who asks. */
        Caller: {
            /**
             * @description How it is known who that is: `token`, `session`, `local` for this machine's own way in, or
             *     `anyone` where access rights are off.
             */
            by: string;
            /** @description Its name. */
            name: string;
            /** @description The only projects that it sees; none for all of them. */
            projects?: components["schemas"]["ProjectId"][] | null;
            /** @description What it may do. */
            role: components["schemas"]["Role"];
            token_id?: components["schemas"]["TokenId"] | null;
        };
        /**
         * @description How a host or a port differs.
         * @enum {string}
         */
        Change: "appeared" | "vanished" | "changed" | "only_before" | "only_after";
        /** @description A batch made of another one's remainder. */
        ChildBatch: {
            /** @description Flags that nmap gets beside the user's. */
            added_flags: string[];
            /** @description Its number. */
            batch_id: components["schemas"]["BatchId"];
            /** @description How it is treated: `alive`, `silent`, or as its parent. */
            lane: components["schemas"]["Lane"];
            /** @description Its addresses, in compact ranges. */
            targets: string[];
        };
        /**
         * @description What went wrong, as one of a closed list. The name is stable: programs match on it.
         * @enum {string}
         */
        Code: "bad-request" | "unknown-field" | "invalid-value" | "invalid-target" | "too-many-targets" | "flag-refused" | "privilege-missing" | "out-of-scope" | "not-found" | "method-not-allowed" | "project-name-taken" | "profile-name-taken" | "profile-fixed" | "too-many-profiles" | "project-busy" | "scan-already-ended" | "scan-not-ended" | "scan-state-conflict" | "nmap-failed" | "nmap-unusable" | "too-large" | "unauthenticated" | "forbidden" | "rate-limited" | "request-timeout" | "too-many-tokens" | "too-many-clients" | "host-not-allowed" | "origin-not-allowed" | "store-unavailable" | "insufficient-storage" | "store-damaged" | "shutting-down" | "internal";
        /**
         * @description What a request says expressly that it wants.
         * @enum {string}
         */
        Confirmation: "dangerous-scripts";
        /** @description Frames that are made for one connection and have no place in the order. */
        ConnectionEvent: {
            /** @enum {string} */
            event: "connected";
            /**
             * Format: uint64
             * @description The number of the scan's newest event, 0 when there is none yet.
             */
            last_seq?: number | null;
            scan_id?: components["schemas"]["ScanId"] | null;
            status?: components["schemas"]["ScanStatus"] | null;
        } | {
            /** @enum {string} */
            event: "gap";
            /**
             * Format: uint64
             * @description The first event missed.
             */
            from_seq: number;
            /** @description `slow_consumer` or `retention`. */
            reason: string;
            /**
             * Format: uint64
             * @description The last event missed.
             */
            to_seq: number;
        };
        /** @description A project that was made. */
        CreatedProject: components["schemas"]["Project"] & {
            /** @description What of the request was ignored. */
            warnings?: string[];
        };
        /**
         * @description What a detail is about.
         * @enum {string}
         */
        DetailKind: "hostnames" | "mac" | "os" | "extra_ports" | "script";
        /** @description What differs between two scans. */
        Diff: {
            /** @description The later scan. */
            after: components["schemas"]["DiffSide"];
            /** @description The earlier scan. */
            before: components["schemas"]["DiffSide"];
            /** @description The hosts that differ, in the order of their addresses. */
            hosts: components["schemas"]["DiffHost"][];
            /** @description How much differs. */
            summary: components["schemas"]["DiffSummary"];
        };
        /** @description Something that the scans say differently. */
        DiffDetail: {
            /** @description What only the later scan says. */
            after: string[];
            /** @description What only the earlier scan says. */
            before: string[];
            /** @description The script's name. */
            id?: string | null;
            /** @description What it is about. */
            kind: components["schemas"]["DetailKind"];
        };
        /** @description A host that differs. */
        DiffHost: {
            /** @description Its address. */
            address: string;
            /** @description What the later scan knows. */
            after: components["schemas"]["Known"];
            /** @description What the earlier scan knows. */
            before: components["schemas"]["Known"];
            /** @description How it differs. */
            change: components["schemas"]["Change"];
            /** @description What else differs of a host that is up in both. */
            details?: components["schemas"]["DiffDetail"][];
            /** @description A name, the later scan's first. */
            hostname?: string | null;
            /** @description The ports that differ; of a host that only one scan knows up, its open ports. */
            ports: components["schemas"]["DiffPort"][];
        };
        /** @description A line of `format=jsonl`: the scans, then each host, then the summary. */
        DiffLine: {
            /** @description The first line. */
            scans: {
                /** @description The later scan. */
                after: components["schemas"]["DiffSide"];
                /** @description The earlier scan. */
                before: components["schemas"]["DiffSide"];
            };
        } | {
            /** @description A host that differs. */
            host: components["schemas"]["DiffHost"];
        } | {
            /** @description The last line: without it the answer broke off. */
            summary: components["schemas"]["DiffSummary"];
        };
        /** @description A port that differs. */
        DiffPort: {
            /** @description What the later scan found. */
            after: components["schemas"]["DiffPortSide"];
            /** @description What the earlier scan found. */
            before: components["schemas"]["DiffPortSide"];
            /** @description How it differs. */
            change: components["schemas"]["Change"];
            /**
             * Format: uint16
             * @description Its number.
             */
            port: number;
            /** @description Its protocol. */
            protocol: components["schemas"]["Protocol"];
            /** @description Scripts on it that say something else, or that only one scan has a result of. */
            scripts?: components["schemas"]["DiffDetail"][];
        };
        /** @description What a scan found on a port. */
        DiffPortSide: {
            /** @description More of what it tells. */
            extra_info?: string | null;
            /** @description The service's product. */
            product?: string | null;
            /** @description The service's name. */
            service?: string | null;
            /**
             * @description Its state; `not_probed` when the scan did not look, and `not_listed` when it may have and
             *     its nmap is too old to say.
             */
            state: string;
            /** @description The product's version. */
            version?: string | null;
        };
        /** @description One of the two scans. */
        DiffSide: {
            /** @description The command line of its nmaps. */
            argv?: string[];
            /** @description Its name. */
            name?: string | null;
            /** @description Its number. */
            scan_id: components["schemas"]["ScanId"];
            started_at?: components["schemas"]["Time"] | null;
            /** @description Where it stands; of one that has not ended, what is known so far is compared. */
            status: components["schemas"]["ScanStatus"];
            /** @description What is known of its targets. */
            verdicts: components["schemas"]["VerdictCounts"];
        };
        /** @description How much differs. */
        DiffSummary: {
            /**
             * Format: uint64
             * @description Hosts that went up.
             */
            hosts_appeared: number;
            /**
             * Format: uint64
             * @description Hosts that are up in both and differ.
             */
            hosts_changed: number;
            /**
             * Format: uint64
             * @description Hosts up after that the earlier scan does not know.
             */
            hosts_only_after: number;
            /**
             * Format: uint64
             * @description Hosts up before that the later scan does not know.
             */
            hosts_only_before: number;
            /**
             * Format: uint64
             * @description Hosts that are the same in both, up.
             */
            hosts_same: number;
            /**
             * Format: uint64
             * @description Hosts that went down.
             */
            hosts_vanished: number;
            /**
             * Format: uint64
             * @description Ports that became open, on hosts that are up in both.
             */
            ports_appeared: number;
            /**
             * Format: uint64
             * @description Ports that differ otherwise.
             */
            ports_changed: number;
            /**
             * Format: uint64
             * @description Ports that only one of the scans probed.
             */
            ports_only_one: number;
            /**
             * Format: uint64
             * @description Ports that are open no more, on hosts that are up in both.
             */
            ports_vanished: number;
        };
        /** @description A host that scans could not finish, alone and to the end of their budgets. */
        DifficultTarget: {
            /** @description Its address. */
            address: string;
            /** @description The newest times, newest first. */
            history: components["schemas"]["DifficultTime"][];
            /**
             * Format: uint32
             * @description How often it could not be finished since it was finished last.
             */
            times: number;
        };
        /** @description One time that a host could not be finished. */
        DifficultTime: {
            /** @description When it was given up. */
            at: components["schemas"]["Time"];
            /** @description The last batch that tried. */
            batch_id: components["schemas"]["BatchId"];
            /** @description The same in words. */
            detail: string;
            /** @description The stable name of what its last attempt proved (`stalled`). */
            reason: string;
            /** @description The scan; it may have been deleted since. */
            scan_id: components["schemas"]["ScanId"];
        };
        /** @description What happened, without its place in the order. A client sees an [`EventFrame`]. */
        Event: {
            /** @description nmap's arguments. */
            argv: string[];
            /** @description Which try. */
            attempt: components["schemas"]["AttemptNo"];
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "batch_start";
            parent_batch_id?: components["schemas"]["BatchId"] | null;
            phase?: components["schemas"]["Phase"] | null;
            /** @description What this attempt scans, in compact ranges. */
            targets: string[];
        } | {
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "line";
            /** @description The line without its end. */
            line: string;
            /** @description `stdout` or `stderr`. */
            stream: components["schemas"]["LineStream"];
        } | {
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "batch_complete";
            /** @description What it found. */
            summary: components["schemas"]["BatchSummary"];
        } | {
            /** @description Why it failed, if it did. */
            error?: string | null;
            /** @enum {string} */
            event: "scan_complete";
            /** @description How it ended. */
            status: components["schemas"]["ScanStatus"];
            /** @description What it found. */
            summary: components["schemas"]["ScanSummary"];
            /** @description What is known of its targets. */
            verdicts: components["schemas"]["VerdictCounts"];
        } | {
            /** @description The address. */
            address: string;
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "host";
            /** @description A name, if one is known. */
            hostname?: string | null;
            /** @description Its open ports. */
            ports: components["schemas"]["OpenPort"][];
            /** @description Its verdict: up or timed_out; down hosts are counted in `scan_progress` only. */
            verdict: components["schemas"]["Verdict"];
        } | {
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /**
             * Format: uint64
             * @description Milliseconds until that task ends, as nmap guesses.
             */
            eta_ms?: number | null;
            /** @enum {string} */
            event: "batch_progress";
            /**
             * Format: float
             * @description Percent of the present task of the present host group.
             */
            percent: number;
            /** @description The task (`SYN Stealth Scan`). */
            phase: string;
        } | {
            /** @description Which try it was. */
            attempt: components["schemas"]["AttemptNo"];
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @description The outcome in words. */
            detail: string;
            /** @enum {string} */
            event: "batch_failed";
            /** @description The stable name of the outcome (`crashed`). */
            reason: string;
            /** @description What is still to do, in compact ranges. */
            remaining_targets: string[];
            /**
             * Format: uint64
             * @description When, from now.
             */
            retry_in_ms?: number | null;
            /**
             * Format: uint64
             * @description Hosts of this attempt that are kept.
             */
            salvaged_hosts: number;
            /** @description Whether another one follows. */
            will_retry: boolean;
            /** @description Whether the remainder goes to smaller batches instead; `batch_split` follows. */
            will_split: boolean;
        } | {
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @description The smaller batches. */
            children: components["schemas"]["ChildBatch"][];
            /** @enum {string} */
            event: "batch_split";
            /** @description Why. */
            reason: string;
        } | {
            /** @description The address. */
            address: string;
            /** @description The attempt that announced them. */
            attempt: components["schemas"]["AttemptNo"];
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "provisional_ports";
            /** @description The ports (`22/tcp`). */
            ports: string[];
        } | {
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "batch_stopped";
            /** @description What is not scanned, in compact ranges. */
            remaining_targets: string[];
            /**
             * Format: uint64
             * @description Hosts of its last attempt that are kept.
             */
            salvaged_hosts: number;
        } | {
            /** @enum {string} */
            event: "scan_started";
            /** @description What differs from what was asked for, for want of privilege. */
            fallback: string[];
            /**
             * Format: uint64
             * @description Targets in all.
             */
            total_targets: number;
        } | {
            /** @enum {string} */
            event: "scan_paused";
        } | {
            /** @enum {string} */
            event: "scan_resumed";
        } | {
            /** @enum {string} */
            event: "scan_stopping";
        } | {
            /**
             * Format: uint64
             * @description The count of server starts.
             */
            epoch: number;
            /** @enum {string} */
            event: "scan_recovered";
            /**
             * Format: uint64
             * @description Addresses whose verdict is durable and which are not scanned again.
             */
            kept_hosts: number;
            /**
             * Format: uint64
             * @description Batches that go on.
             */
            resumed_batches: number;
        } | {
            /** @description What is wrong. */
            detail: string;
            /** @enum {string} */
            event: "scan_waiting";
            /** @description `scanner` (no usable nmap) or `store` (no room on the disk). */
            waits_for: string;
        } | {
            /** @enum {string} */
            event: "scan_ready";
        } | {
            /** @enum {string} */
            event: "scan_progress";
            /** @description Counts and estimate. */
            progress: components["schemas"]["Progress"];
            /** @description What is known of its targets. */
            verdicts: components["schemas"]["VerdictCounts"];
        } | {
            /**
             * Format: uint64
             * @description How many addresses.
             */
            addresses: number;
            /** @description What keeps them out; none when all may be scanned again. */
            detail?: string | null;
            /** @enum {string} */
            event: "scope_changed";
            /** @description The first of them, in compact ranges. */
            targets: string[];
        } | {
            /** @description The address. */
            address: string;
            /** @description The batch. */
            batch_id: components["schemas"]["BatchId"];
            /** @enum {string} */
            event: "out_of_scope_result";
        };
        /** @description An event with its place in the order, as a client reads it. */
        EventFrame: components["schemas"]["Event"] & {
            /** @description The scan. */
            scan_id: components["schemas"]["ScanId"];
            /**
             * Format: uint64
             * @description Its place within the scan, from 1.
             */
            seq: number;
            /** @description When it happened. */
            ts: components["schemas"]["Time"];
        };
        /** @description Targets, one by one. */
        ExpandAnswer: {
            /** @description What could not be read. */
            invalid: components["schemas"]["InvalidTarget"][];
            /** @description The first addresses in ascending order, at most 4096. */
            targets: string[];
            /**
             * Format: uint64
             * @description How many there are in all.
             */
            total: number;
            /** @description Whether `targets` lists fewer than `total`. */
            truncated: boolean;
            /** @description What of the request was ignored. */
            warnings?: string[];
        };
        /** @description Targets to list one by one. */
        ExpandRequest: {
            /** @description Addresses, CIDR blocks, ranges, host names. */
            targets: string[];
        };
        /** @description Ports of one state that nmap only counts. */
        ExtraPorts: {
            /**
             * Format: uint32
             * @description How many.
             */
            count: number;
            /** @description Why, and how many for each reason. */
            reasons: components["schemas"]["ExtraReason"][];
            /** @description Their state. */
            state: string;
        };
        /** @description A reason for a state that ports share. */
        ExtraReason: {
            /**
             * Format: uint32
             * @description How many ports have it.
             */
            count: number;
            /** @description The ports as nmap lists them (`1-21,23`), where nmap says it. */
            ports?: string | null;
            /** @description The protocol, where nmap says it. */
            protocol?: string | null;
            /** @description The reason (`conn-refused`). */
            reason: string;
        };
        /** @description One error of a request's body. */
        FieldError: {
            /** @description What, as a stable name. */
            code: string;
            /** @description What, why, and how to mend it. */
            detail: string;
            /** @description Where, as a JSON pointer (`/nmap_flags/2`). */
            pointer: string;
        };
        /** @description What all nmap processes together may use, and what they do. */
        Governor: {
            /**
             * Format: uint64
             * @description Bytes of memory that are left to others: nothing starts when less would be free.
             */
            memory_reserve_bytes: number;
            /**
             * Format: uint32
             * @description Packets a second that all of them may send together, beyond this machine; null for no bound.
             */
            packet_rate?: number | null;
            /**
             * Format: uint32
             * @description Packets a second that those which run now may send together. nmap's rate cannot be changed
             *     while it runs: after `packet_rate` was lowered this is more, until enough of them have ended;
             *     nothing starts before.
             */
            packet_rate_dealt: number;
            /**
             * Format: uint64
             * @description nmap processes that may run at once.
             */
            slots: number;
            /**
             * Format: uint64
             * @description nmap processes that run now; more than `slots` only after that was lowered, until enough of
             *     them have ended.
             */
            slots_in_use: number;
            /**
             * Format: uint64
             * @description nmap processes that run without a bound of packets, from when there was none: after
             *     `packet_rate` was set, nothing starts until they have ended.
             */
            unbounded: number;
            /**
             * Format: uint64
             * @description Batches that could start and wait.
             */
            waiting: number;
            /** @description For what they wait: `slots`, `packet_rate`, `memory` or `processors`; null when none waits. */
            waits_for?: string | null;
        };
        /** @description What to change of a project's grants; what is left out stays. */
        GrantsChange: {
            /**
             * @description Whether administrators may slip its scans past filters, or hurry them (`-T5`).
             * @default null
             */
            evasion: boolean | null;
            /**
             * @description Why. Needed to grant more than is granted already.
             * @default null
             */
            note: string | null;
            /** @default null */
            scripts: components["schemas"]["ScriptTier"] | null;
        };
        /** @description One hop of the way to a host. */
        Hop: {
            /** @description Its address. */
            address: string;
            /** @description Its name. */
            host?: string | null;
            /**
             * Format: uint64
             * @description The round trip to it in microseconds.
             */
            rtt_us?: number | null;
            /**
             * Format: uint8
             * @description Its distance.
             */
            ttl: number;
        };
        /** @description A host of a scan. */
        Host: {
            /** @description Its address. */
            address: string;
            /** @description The attempt that found it. */
            attempt: components["schemas"]["AttemptNo"];
            /** @description The batch that found it. */
            batch_id: components["schemas"]["BatchId"];
            /**
             * Format: uint32
             * @description Network distance in hops.
             */
            distance?: number | null;
            /** @description Ports that nmap only counts. */
            extra_ports: components["schemas"]["ExtraPorts"][];
            finished_at?: components["schemas"]["Time"] | null;
            /** @description A name, the user's own first. */
            hostname?: string | null;
            /** @description All names. */
            hostnames: components["schemas"]["Hostname"][];
            /** @description Its number. */
            id: components["schemas"]["HostId"];
            mac?: components["schemas"]["Mac"] | null;
            /** @description Guesses at its operating system, best first. */
            os: components["schemas"]["OsMatch"][];
            /** @description The ports that nmap lists one by one. */
            ports: components["schemas"]["HostPort"][];
            /**
             * @description Open ports that nmap announced before it was cut off or gave up: not confirmed, and replaced
             *     by the next verdict of up or down.
             */
            provisional_ports: components["schemas"]["PortId"][];
            /** @description Why nmap calls it up or down. */
            reason: string;
            /** @description Its scan. */
            scan_id: components["schemas"]["ScanId"];
            /** @description Results of scripts that concern the whole host. */
            scripts: components["schemas"]["Script"][];
            started_at?: components["schemas"]["Time"] | null;
            /**
             * @description `up`, `down` or `unknown`, as nmap says; `unknown` while it is unfinished, unless a step of a
             *     staged plan has found it up: what the steps so far have found is told then.
             */
            status: string;
            /** @description The way to it. */
            traceroute: components["schemas"]["Hop"][];
            /**
             * Format: uint64
             * @description Seconds since its last boot, as guessed.
             */
            uptime_secs?: number | null;
            /** @description What is known of it. */
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * @description What the hosts that a filter lets through have in common. Counts are hosts; of each list the
         *     most frequent come first.
         */
        HostFacets: {
            /** @description Whether all hosts were looked at that the filter lets through. */
            complete: boolean;
            /**
             * Format: uint64
             * @description Hosts that were counted.
             */
            hosts: number;
            /** @description Their open ports, or those in the state that the filter names; 50 at most. */
            ports: components["schemas"]["PortCount"][];
            /** @description The products of these ports; 50 at most. */
            products: components["schemas"]["ValueCount"][];
            /** @description The services of these ports; 50 at most. */
            services: components["schemas"]["ValueCount"][];
            /** @description Their verdicts. */
            verdicts: components["schemas"]["VerdictCount"][];
        };
        /**
         * Format: uint64
         * @description The number of one host's row in one scan, unique over all scans of the store.
         */
        HostId: number;
        /** @description A port of a host. */
        HostPort: {
            /**
             * Format: uint64
             * @description A number that is unique over the store: the host's, the protocol's and the port's packed.
             */
            id: number;
            /**
             * Format: uint16
             * @description The port's number.
             */
            port: number;
            /**
             * Format: uint16
             * @description The same, under the name that clients of the Python system read.
             */
            port_number: number;
            /** @description Its protocol. */
            protocol: components["schemas"]["Protocol"];
            /** @description Why nmap thinks so. */
            reason: string;
            /** @description Results of scripts that concern this port. */
            scripts: components["schemas"]["Script"][];
            service?: components["schemas"]["Service"] | null;
            /** @description The service's name. */
            service_name?: string | null;
            /** @description The service's product. */
            service_product?: string | null;
            /** @description The product's version. */
            service_version?: string | null;
            /** @description Its state. */
            state: string;
        };
        /**
         * @description Whether a host answers.
         * @enum {string}
         */
        HostState: "up" | "down" | "unknown";
        /** @description A name of a host. */
        Hostname: {
            /** @description `user` (as the target was written) or `PTR` (from reverse DNS). */
            kind: string;
            /** @description The name. */
            name: string;
        };
        /** @description What became of a file. */
        ImportAnswer: {
            /** @description The batch that holds its bytes. */
            batch_id: components["schemas"]["BatchId"];
            /** @description BLAKE3 of the bytes in hexadecimal. */
            blake3: string;
            /** @description Why the scan is not complete. */
            error?: string | null;
            /** @description Whether the same bytes had been imported into the project before; nothing was added then. */
            is_known: boolean;
            /**
             * Format: uint64
             * @description Ports found open on them.
             */
            open_ports: number;
            /** @description The scan that holds it. */
            scan_id: components["schemas"]["ScanId"];
            /** @description `completed` for a whole document of an nmap that succeeded. */
            status: components["schemas"]["ScanStatus"];
            /** @description What is known of the addresses in it. */
            verdicts: components["schemas"]["VerdictCounts"];
            /** @description What was lost, left out or not told by the file. */
            warnings: string[];
        };
        /** @description A target that cannot be read, and why. */
        InvalidTarget: {
            /** @description Why not. */
            reason: string;
            /** @description The target as written. */
            target: string;
        };
        /**
         * @description What a scan knows of a host.
         * @enum {string}
         */
        Known: "up" | "down" | "timed_out" | "unfinished" | "not_scanned";
        /**
         * @description Why a batch has the addresses that it has, and so how it is treated.
         * @enum {string}
         */
        Lane: "main" | "alive" | "silent" | "difficult";
        /**
         * @description Whether a layer of the sandbox is there.
         * @enum {string}
         */
        LayerState: "on" | "missing" | "not_needed";
        /** @description Other limits. They hold for what starts next; what is left out stays. */
        LimitsRequest: {
            /**
             * Format: uint64
             * @description Bytes of memory that are left to others.
             */
            memory_reserve_bytes?: number | null;
            /**
             * Format: uint32
             * @description Packets a second that all of them may send together, beyond this machine; 0 for no bound.
             */
            packet_rate?: number | null;
            /**
             * Format: uint32
             * @description nmap processes that may run at once.
             */
            slots?: number | null;
        };
        /**
         * @description Which of nmap's texts a line is from.
         * @enum {string}
         */
        LineStream: "stdout" | "stderr";
        /** @description A code that a browser can give for a session, once and soon. */
        LoginCode: {
            /** @description The code, which is in the fragment of that URL. */
            code: string;
            /** @description Until when it is good. */
            expires_at: components["schemas"]["Time"];
            /** @description The page that does so; none when the server has no address. */
            url?: string | null;
        };
        /** @description What a browser gives for a session: one of both. */
        LoginRequest: {
            /** @description The code of a login URL. */
            code?: string | null;
            /** @description A token. */
            token?: string | null;
        };
        /** @description A hardware address. */
        Mac: {
            /** @description Six bytes in hexadecimal with colons. */
            address: string;
            /** @description Who made the card, as far as nmap knows. */
            vendor?: string | null;
        };
        /** @description A token that was made, with its secret, which is not kept and cannot be asked for again. */
        MadeToken: components["schemas"]["Token"] & {
            /** @description What its holder sends: `Authorization: Bearer nsk_...`. */
            secret: string;
        };
        /** @description The scan's addresses in one block: `total = up + down + timed_out + unfinished + excluded`. */
        MapCell: {
            /** @description The block, as `10.0.0.0/24`. */
            block: string;
            /**
             * Format: uint64
             * @description Those that are down.
             */
            down: number;
            /**
             * Format: uint64
             * @description Those that an exclude took out.
             */
            excluded: number;
            /**
             * Format: uint64
             * @description Hosts among those up that have an open port.
             */
            open_ports: number;
            /**
             * Format: uint64
             * @description Addresses among the unfinished ones whose batch runs now.
             */
            running: number;
            /**
             * Format: uint64
             * @description Those that nmap gave up on at the user's host timeout.
             */
            timed_out: number;
            /**
             * Format: uint64
             * @description The scan's addresses in it.
             */
            total: number;
            /**
             * Format: uint64
             * @description Those without a verdict.
             */
            unfinished: number;
            /**
             * Format: uint64
             * @description Those that are up.
             */
            up: number;
        };
        /** @description The addresses of one family. */
        MapFamily: {
            /** @description The blocks that have addresses of the scan, in their order. */
            cells: components["schemas"]["MapCell"][];
            /** @description `ipv4` or `ipv6`. */
            family: string;
            /**
             * Format: uint8
             * @description The length of the blocks' prefix: the longest for which there are no more cells than asked
             *     for.
             */
            prefix: number;
        };
        /** @description A new profile. */
        NewProfile: {
            /** @description What it is for. */
            description?: string;
            /** @description nmap's flags, as in a scan's request. */
            flags?: string[];
            /** @description Its name: 1 to 64 of `a-z`, `0-9`, `-` and `_`, unique. */
            name: string;
            /** @description In how many steps its scans go over their addresses. */
            plan?: components["schemas"]["PlanKind"];
        };
        /** @description A new project. */
        NewProject: {
            /** @description What it is for. */
            description?: string | null;
            /** @description Its name, 1 to 200 characters, unique. */
            name: string;
        };
        /** @description A new entry. */
        NewScopeEntry: {
            expires_at?: components["schemas"]["Time"] | null;
            /** @description Which list. */
            list: components["schemas"]["ScopeList"];
            /** @description Why. Needed to allow addresses beyond loopback and private networks. */
            note?: string | null;
            /** @description One address, block or range (`10.0.0.0/8`). */
            target: string;
        };
        /** @description A token to make. */
        NewToken: {
            /**
             * Format: uint64
             * @description How long it is good for; for ever when left out.
             */
            expires_in_ms?: number | null;
            /** @description What it is for. */
            name: string;
            /** @description The only projects that its holder sees; all of them when left out. */
            projects?: components["schemas"]["ProjectId"][] | null;
            /** @description What its holder may do. */
            role: components["schemas"]["Role"];
        };
        /** @description An nmap. */
        NmapInfo: {
            /** @description Its data files. */
            datadir?: string | null;
            /** @description Its program. */
            path: string;
            /** @description Its version (`7.93`). */
            version: string;
        };
        /** @description An open port in a `host` event. */
        OpenPort: {
            /**
             * Format: uint16
             * @description Its number.
             */
            port: number;
            /** @description Its protocol. */
            protocol: components["schemas"]["Protocol"];
            /** @description The name of its service. */
            service?: string | null;
        };
        /** @description A guess at an operating system. */
        OsMatch: {
            /**
             * Format: uint8
             * @description How sure nmap is, in percent.
             */
            accuracy: number;
            /** @description Names in the Common Platform Enumeration. */
            cpe: string[];
            /** @description Its name. */
            name: string;
        };
        /**
         * @description A step of a scan with a staged plan.
         * @enum {string}
         */
        Phase: "discovery" | "ports" | "services";
        /** @description The command of one step of a staged plan. */
        PhaseCommand: {
            /** @description nmap's command, its program first. `OPEN` stands for the ports that were found open. */
            argv: string[];
            /** @description The step. */
            phase: components["schemas"]["Phase"];
        };
        /**
         * @description In how many steps a scan goes over its addresses.
         * @enum {string}
         */
        PlanKind: "single" | "staged";
        /** @description How hard a scan tries. Times are milliseconds. */
        Policy: {
            /**
             * Format: uint32
             * @description Tries at one batch, the first included; 1 to 20.
             * @default 3
             */
            attempts_max: number;
            /**
             * Format: uint64
             * @description Wait before the second try; doubled for each one after it.
             * @default 1000
             */
            backoff_ms: number;
            /**
             * Format: uint64
             * @description Longest run of one nmap process; none by default.
             * @default null
             */
            batch_timeout_ms: number | null;
            /**
             * @description Whether host names are resolved.
             * @default true
             */
            resolve: boolean;
            /**
             * @description Whether a failing batch is cut into smaller ones.
             * @default bisect
             */
            resplit: components["schemas"]["Resplit"];
            /**
             * Format: uint32
             * @description Batches of at most this many addresses are not cut further.
             * @default 1
             */
            resplit_min: number;
            /**
             * @description Whether finished hosts of a failed attempt are kept.
             * @default true
             */
            salvage: boolean;
            /**
             * Format: uint64
             * @description Longest time of one nmap process without progress (no host finished, no other percentage,
             *     no line but nmap's ticks) before it counts as stalled.
             * @default 300000
             */
            stall_timeout_ms: number;
        };
        /** @description Hosts with a port. */
        PortCount: {
            /**
             * Format: uint64
             * @description How many hosts.
             */
            count: number;
            /**
             * Format: uint16
             * @description The port's number.
             */
            port: number;
            /** @description The port's protocol. */
            protocol: components["schemas"]["Protocol"];
            /** @description The service that most of these hosts have there, if any has one. */
            service?: string | null;
        };
        /** @description Which port. */
        PortId: {
            /**
             * Format: uint16
             * @description Its number.
             */
            number: number;
            /** @description Its protocol. */
            protocol: components["schemas"]["Protocol"];
        };
        /** @description What a scan would be, without running anything. */
        Preview: {
            /**
             * Format: uint64
             * @description Addresses that would be scanned.
             */
            addresses: number;
            /** @description nmap's command, its program first. */
            argv: string[];
            /**
             * Format: uint64
             * @description Batches.
             */
            batches: number;
            /**
             * Format: uint64
             * @description Addresses that an exclude takes out.
             */
            excluded: number;
            /** @description What differs from what was asked for, for want of privilege. */
            fallback: string[];
            /** @description Targets and excludes that cannot be read. */
            invalid: components["schemas"]["InvalidTarget"][];
            /** @description The commands of the steps of a staged plan; empty for any other. */
            phases?: components["schemas"]["PhaseCommand"][];
            /** @description In how many steps the addresses would be gone over. */
            plan?: components["schemas"]["PlanKind"];
            /** @description What else `POST /api/scans` would refuse. */
            problems: components["schemas"]["FieldError"][];
            /** @description Flags that are not passed on. */
            refused: components["schemas"]["RefusedFlag"][];
            /** @description Whether the addresses may be scanned. */
            scope: components["schemas"]["ScopeVerdict"];
            /**
             * Format: uint64
             * @description Targets in all, at most `u64::MAX`: `problems` names the number when there are more.
             */
            total_targets: number;
            /** @description Names without an address. */
            unresolved: components["schemas"]["UnresolvedTarget"][];
            /** @description What was understood otherwise than it was written. */
            warnings: string[];
        };
        /** @description An `application/problem+json` document. */
        Problem: {
            /** @description The kind's stable name. */
            code: components["schemas"]["Code"];
            /** @description This one in words: what, where, and how to mend it. */
            detail: string;
            /** @description The errors of the body, one by one. */
            errors?: components["schemas"]["FieldError"][];
            /** @description The number that the server's log has for this request. */
            request_id?: string | null;
            /**
             * Format: uint32
             * @description When to try again, in seconds.
             */
            retry_after_s?: number | null;
            /**
             * Format: uint16
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind in words. */
            title: string;
            /** @description A URI for the kind of problem: `urn:netscan:problem:` and the code. */
            type: string;
        };
        /** @description A profile, and what a scan with it would be. */
        Profile: {
            /**
             * @description nmap's command, its program first, targets and address family apart; empty when `error`
             *     says why.
             */
            argv: string[];
            /** @description Whether it comes with netscan, and so cannot be changed. */
            builtin: boolean;
            /** @description What it is for. */
            description: string;
            /** @description Why the caller cannot scan with it now. */
            error?: string | null;
            /** @description What differs from its flags here, for want of privilege. */
            fallback: string[];
            /** @description nmap's flags as written. */
            flags: string[];
            /** @description Its name. */
            name: string;
            /**
             * @description What it needs that not every scan has: `raw-sockets`, `scripts:intrusive`, `scripts:all`,
             *     `evasion`.
             */
            needs: string[];
            /** @description The commands of the steps of a staged plan; empty for any other. */
            phases: components["schemas"]["PhaseCommand"][];
            /** @description In how many steps its scans go over their addresses. */
            plan: components["schemas"]["PlanKind"];
            /** @description Where it comes from. */
            source: components["schemas"]["ProfileSource"];
        };
        /** @description What a profile is from now on. */
        ProfileChange: {
            /**
             * @description What it is for.
             * @default
             */
            description: string;
            /**
             * @description nmap's flags, as in a scan's request.
             * @default []
             */
            flags: string[];
            /**
             * @description In how many steps its scans go over their addresses.
             * @default single
             */
            plan: components["schemas"]["PlanKind"];
        };
        /**
         * @description Where a profile comes from.
         * @enum {string}
         */
        ProfileSource: "builtin" | "file" | "store";
        /** @description How far a scan is. */
        Progress: {
            /**
             * Format: uint64
             * @description Milliseconds until the end, at the speed so far; none before the first verdict.
             */
            eta_ms?: number | null;
            /**
             * Format: uint64
             * @description As `eta_ms`, for a slow nine in ten.
             */
            eta_p90_ms?: number | null;
            /**
             * Format: uint64
             * @description Addresses with the verdict up.
             */
            hosts_up: number;
            /**
             * Format: uint64
             * @description Ports found open.
             */
            open_ports: number;
            /**
             * Format: float
             * @description `targets_done` of `targets_total`, 0 to 100; 100 for an empty scan.
             */
            percent: number;
            /**
             * Format: uint64
             * @description Batches that run now.
             */
            running_batches: number;
            /**
             * Format: uint64
             * @description Targets with a verdict other than unfinished.
             */
            targets_done: number;
            /**
             * Format: uint64
             * @description Targets in all.
             */
            targets_total: number;
        };
        /** @description A project. */
        Project: {
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /** @description What it is for. */
            description?: string | null;
            /** @description What its scans may do beyond what every operator may. */
            grants: components["schemas"]["ProjectGrants"];
            /** @description Its number. */
            id: components["schemas"]["ProjectId"];
            /** @description Its name. */
            name: string;
            /**
             * Format: uint64
             * @description How many scans it has.
             */
            scan_count: number;
        };
        /** @description What to change of a project; what is left out stays. */
        ProjectChange: {
            /** @description What it is for from now on; `null` for nothing. */
            description?: string | null;
            grants?: components["schemas"]["GrantsChange"] | null;
            /** @description Its new name. */
            name?: string | null;
        };
        /**
         * @description What an administrator has granted a project. `note`, `by` and `at` are of the last time that
         *     something was granted, and null while nothing is.
         */
        ProjectGrants: {
            at?: components["schemas"]["Time"] | null;
            /** @description By whom. */
            by?: string | null;
            /** @description Whether administrators may slip its scans past filters, or hurry them (`-T5`). */
            evasion: boolean;
            /** @description Why. */
            note?: string | null;
            /** @description Which scripts its scans may run. */
            scripts: components["schemas"]["ScriptTier"];
        };
        /**
         * Format: uint64
         * @description A project's number, unique in the store.
         */
        ProjectId: number;
        /**
         * @description A transport protocol, or IP protocol scan's own.
         * @enum {string}
         */
        Protocol: "tcp" | "udp" | "sctp" | "ip";
        /** @description What is kept of one output stream. */
        Raw: {
            /** @description BLAKE3 of the kept bytes in hexadecimal; none while the attempt runs. */
            blake3?: string | null;
            /**
             * Format: uint64
             * @description Bytes kept.
             */
            bytes: number;
            /**
             * Format: uint64
             * @description How much more.
             */
            dropped_bytes: number;
            /**
             * Format: uint64
             * @description Bytes they take in the store.
             */
            stored_bytes: number;
            /** @description Whether nmap wrote more than was kept. */
            truncated: boolean;
        };
        /** @description A flag that is not passed on. */
        RefusedFlag: {
            /** @description The flag as written. */
            flag: string;
            /** @description Its place in `nmap_flags`. */
            index: number;
            /** @description Why, and what to do instead. */
            reason: string;
        };
        /**
         * @description What a rescan scans again.
         * @enum {string}
         */
        RescanOnly: "unfinished" | "timed_out" | "all";
        /** @description A rescan. */
        RescanRequest: {
            /**
             * @description What is dangerous and wanted all the same.
             * @default []
             */
            confirm: components["schemas"]["Confirmation"][];
            /**
             * @description What to scan again.
             * @default unfinished
             */
            only: components["schemas"]["RescanOnly"];
        };
        /**
         * @description What to do with a batch that fails: whether its remainder is cut into smaller batches.
         * @enum {string}
         */
        Resplit: "bisect" | "off";
        /**
         * @description What the holder of a token may do. Each role may do all that the one before it may.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /** @description What one nmap run gave. */
        RunAnswer: {
            /**
             * Format: int32
             * @description Its exit code.
             */
            exit_code: number;
            /** @description What it found. */
            hosts: components["schemas"]["Host"][];
            /** @description The scan it is kept as, in the project "Quick scans". */
            scan_id: components["schemas"]["ScanId"];
            /** @description nmap's normal output. */
            stdout: string;
            /** @description What was understood otherwise than it was written, or left out. */
            warnings?: string[];
        };
        /** @description One nmap run that is waited for. */
        RunRequest: {
            /** @description What is dangerous and wanted all the same. */
            confirm?: components["schemas"]["Confirmation"][];
            /** @description The same under another name. */
            flags?: string[] | null;
            /** @description nmap's flags. */
            nmap_flags?: string[] | null;
            /** @description Targets. */
            targets: string[];
        };
        /** @description What nmap is kept from doing. */
        Sandbox: {
            /** @description Its layers, each of which was tried. */
            layers: components["schemas"]["SandboxLayer"][];
            /** @description How much of it has to be there. */
            mode: components["schemas"]["SandboxMode"];
        };
        /** @description One layer of the sandbox. */
        SandboxLayer: {
            /** @description What it does, or why it is not there. */
            detail: string;
            /** @description `user`, `capabilities`, `no_new_privileges`, `landlock`, `seccomp` or `limits`. */
            name: string;
            /** @description Whether it is there. */
            state: components["schemas"]["LayerState"];
        };
        /**
         * @description How much of the sandbox around each nmap has to be there.
         * @enum {string}
         */
        SandboxMode: "required" | "best_effort" | "off";
        /** @description A scan. */
        Scan: {
            /** @description nmap's arguments, targets and address family apart. */
            argv: string[];
            /** @description Batches in each state. */
            batches_by_state: {
                [key: string]: number;
            };
            /**
             * Format: uint32
             * @description Addresses in a batch.
             */
            chunk_size: number;
            /**
             * Format: uint32
             * @description Batches at once.
             */
            concurrency: number;
            /** @description When it was accepted. */
            created_at: components["schemas"]["Time"];
            /** @description Why it failed. */
            error?: string | null;
            /** @description The excludes as written; lists show at most the first 100. */
            exclude: string[];
            /** @description Whether there are more excludes than `exclude` shows. */
            exclude_truncated: boolean;
            /** @description What differs from what was asked for, for want of privilege. */
            fallback: string[];
            finished_at?: components["schemas"]["Time"] | null;
            /** @description Its number. */
            id: components["schemas"]["ScanId"];
            /**
             * @description Whether it runs in this process or is about to. One that has not ended and is not live was
             *     interrupted.
             */
            is_live: boolean;
            /** @description Its name. */
            name?: string | null;
            /** @description The flags as written, those of the profile first. */
            nmap_flags: string[];
            parent_scan_id?: components["schemas"]["ScanId"] | null;
            /** @description In how many steps it goes over its addresses. */
            plan?: components["schemas"]["PlanKind"];
            /** @description The profile that it was asked for with; its flags are among `nmap_flags`. */
            profile?: string | null;
            /** @description How far it is. */
            progress: components["schemas"]["Progress"];
            /** @description Its project. */
            project_id: components["schemas"]["ProjectId"];
            /** @description Its project's name. */
            project_name: string;
            started_at?: components["schemas"]["Time"] | null;
            /** @description Where it stands. */
            status: components["schemas"]["ScanStatus"];
            /** @description The targets as written; lists show at most the first 100. */
            targets: string[];
            /** @description Whether there are more targets than `targets` shows. */
            targets_truncated: boolean;
            /**
             * Format: uint64
             * @description Targets in all.
             */
            total_targets: number;
            /** @description Which of the two the engine tunes. */
            tuning: components["schemas"]["Tuning"];
            /** @description Names without an address. */
            unresolved: components["schemas"]["UnresolvedTarget"][];
            /** @description What is known of its targets; the sum is `total_targets`. */
            verdicts: components["schemas"]["VerdictCounts"];
            /** @description What it waits for to go on by itself: `scanner: ...` or `store: ...`. */
            waits_for?: string | null;
            /** @description What was said when it was accepted. */
            warnings: string[];
        };
        /** @description The answer to an accepted scan. */
        ScanAccepted: {
            /** @description Its number. */
            scan_id: components["schemas"]["ScanId"];
            /** @description Always `started`. */
            status: string;
            /** @description What was understood otherwise than it was written. */
            warnings: string[];
        };
        /** @description The answer to a stop, pause or resume. */
        ScanCommandAnswer: {
            /** @description The scan. */
            scan_id: components["schemas"]["ScanId"];
            /** @description Where it stands now. */
            status: components["schemas"]["ScanStatus"];
        };
        /**
         * Format: uint64
         * @description A scan's number, unique in the store and dense: `/api/scans/7` in a URL, `scan 7` in a log.
         */
        ScanId: number;
        /** @description The addresses of a scan in blocks of one size for each family, with what is known of each. */
        ScanMap: {
            /** @description The families that the scan has addresses of, IPv4 first. */
            families: components["schemas"]["MapFamily"][];
            /**
             * Format: uint64
             * @description Addresses in all cells.
             */
            total: number;
            /**
             * @description Whether there are more hosts with open ports than one answer looks at: then `open_ports`
             *     does not count all of them.
             */
            truncated: boolean;
        };
        /**
         * @description What to scan and how. Unknown fields are refused on our own routes, and named in `warnings` on
         *     the routes of the Python system's clients.
         */
        ScanRequest: {
            /**
             * @description Whether the engine tunes `chunk_size` and `concurrency`: what is left out unless this says
             *     otherwise, both with `true`, none with `false`.
             * @default null
             */
            adaptive: boolean | null;
            /**
             * Format: uint32
             * @description Addresses in a batch. Left out, the engine chooses and tunes it; given, it is kept, or a
             *     starting point with `adaptive: true`.
             * @default null
             */
            chunk_size: number | null;
            /**
             * Format: uint32
             * @description Batches at once; left out or given as `chunk_size`.
             * @default null
             */
            concurrency: number | null;
            /**
             * @description What is dangerous and wanted all the same.
             * @default []
             */
            confirm: components["schemas"]["Confirmation"][];
            /**
             * @description What not to scan, written like targets.
             * @default []
             */
            exclude: string[];
            /**
             * @description A name for people.
             * @default null
             */
            name: string | null;
            /**
             * @description nmap's flags, as one would type them; parsed, never passed on.
             * @default []
             */
            nmap_flags: string[];
            /** @default null */
            plan: components["schemas"]["PlanKind"] | null;
            /**
             * @description How hard to try.
             * @default {
             *       "attempts_max": 3,
             *       "backoff_ms": 1000,
             *       "batch_timeout_ms": null,
             *       "resolve": true,
             *       "resplit": "bisect",
             *       "resplit_min": 1,
             *       "salvage": true,
             *       "stall_timeout_ms": 300000
             *     }
             */
            policy: components["schemas"]["Policy"];
            /**
             * @description The name of a profile. Its flags come first; one of `nmap_flags` takes the place of those of
             *     the profile that say the same thing (ports, kind of TCP scan, `-T`, `-n` or `-R` ...), and
             *     scripts add up.
             * @default null
             */
            profile: string | null;
            /** @default null */
            project_id: components["schemas"]["ProjectId"] | null;
            /** @description Taken and ignored, with a warning. */
            runner?: unknown;
            /**
             * @description Addresses, CIDR blocks, ranges, host names.
             * @default []
             */
            targets: string[];
        };
        /**
         * @description Where a scan stands. `completed` means that every target has a verdict other than
         *     `unfinished`; a scan whose batches were given up is `failed`.
         * @enum {string}
         */
        ScanStatus: "queued" | "running" | "paused" | "stopping" | "completed" | "stopped" | "failed";
        /** @description What a scan found. */
        ScanSummary: {
            /**
             * Format: uint64
             * @description From acceptance to end.
             */
            duration_ms: number;
            /**
             * Format: uint64
             * @description Addresses with the verdict up.
             */
            hosts_up: number;
            /**
             * Format: uint64
             * @description Ports found open on them.
             */
            open_ports: number;
        };
        /** @description The scope of the server, or of a project. */
        Scope: {
            /** @description What may be scanned. A project without an entry may scan what the server may. */
            allow: components["schemas"]["ScopeEntry"][];
            /** @description What may not be scanned, whatever allows it. */
            deny: components["schemas"]["ScopeEntry"][];
            /** @description What may be scanned in the end: allowed, and not denied. */
            effective: string[];
            /** @description Whether `effective` shows only the first ranges. */
            effective_truncated: boolean;
            project_id?: components["schemas"]["ProjectId"] | null;
        };
        /** @description An entry of a scope. */
        ScopeEntry: {
            /** @description Who added it. */
            by: string;
            created_at?: components["schemas"]["Time"] | null;
            /** @description Whether that is over. */
            expired: boolean;
            expires_at?: components["schemas"]["Time"] | null;
            id?: components["schemas"]["ScopeId"] | null;
            /** @description Which list. */
            list: components["schemas"]["ScopeList"];
            /** @description Why. */
            note?: string | null;
            /** @description Where it comes from. */
            source: components["schemas"]["ScopeSource"];
            /** @description The addresses (`10.0.0.0/8`). */
            target: string;
        };
        /**
         * Format: uint64
         * @description The number of an entry of a scope, unique in the store and never used again.
         */
        ScopeId: number;
        /**
         * @description Which of the two lists of a scope an entry is in.
         * @enum {string}
         */
        ScopeList: "allow" | "deny";
        /** @description Addresses that one rule keeps from being scanned. */
        ScopeProblem: {
            /**
             * Format: uint64
             * @description How many addresses there are.
             */
            addresses: number;
            /** @description The rule in words, and what to do. */
            detail: string;
            entry?: components["schemas"]["ScopeId"] | null;
            /** @description The first of the addresses, in compact ranges. */
            ranges: string[];
            /**
             * Format: uint64
             * @description How many ranges there are.
             */
            ranges_total: number;
            /** @description The rule. */
            rule: components["schemas"]["ScopeRule"];
        };
        /**
         * @description Why an address may not be scanned, gravest first: each address has the first one that holds.
         * @enum {string}
         */
        ScopeRule: "built-in" | "denied" | "project-denied" | "not-allowed" | "project-not-allowed";
        /**
         * @description Where an entry comes from.
         * @enum {string}
         */
        ScopeSource: "built_in" | "session" | "stored";
        /** @description What may be scanned, in short; `GET /api/scope` has the entries. */
        ScopeSummary: {
            /**
             * Format: uint64
             * @description Entries that allow something beside what netscan allows by itself.
             */
            allow_entries: number;
            /**
             * Format: uint64
             * @description Entries that deny something beside what netscan never scans.
             */
            deny_entries: number;
            /** @description The first ranges. */
            effective: string[];
            /** @description Whether there are more. */
            effective_truncated: boolean;
            /** @description What is wrong with it, so that nothing may be scanned; none when nothing is. */
            problem?: string | null;
            /** @description Whether anything beyond this machine and private networks may be scanned. */
            public: boolean;
        };
        /** @description Whether targets may be scanned. */
        ScopeVerdict: {
            /** @description Whether all of them may. */
            allowed: boolean;
            /**
             * Format: uint64
             * @description How many addresses may not.
             */
            out_of_scope: number;
            /** @description Which ones, and why. */
            problems: components["schemas"]["ScopeProblem"][];
        };
        /** @description What a script found. */
        Script: {
            /** @description Its result as structure. */
            data: components["schemas"]["ScriptItem"][];
            /** @description The script's name. */
            id: string;
            /** @description Its result as text. */
            output: string;
        };
        /** @description A piece of a script's structured result. */
        ScriptItem: {
            /** @description Its key in the table around it; items of a list have none. */
            key?: string | null;
            /** @description A text or a table. */
            value: components["schemas"]["ScriptValue"];
        };
        /**
         * @description Which scripts may run. Each tier has all scripts of the one before it.
         * @enum {string}
         */
        ScriptTier: "safe" | "intrusive" | "all";
        /** @description A script's text or table. */
        ScriptValue: {
            /** @description A text. */
            text: string;
        } | {
            /** @description A table or list. */
            table: components["schemas"]["ScriptItem"][];
        };
        /** @description What listens on a port. */
        Service: {
            /**
             * Format: uint8
             * @description How sure nmap is, 0 to 10.
             */
            confidence: number;
            /** @description Names in the Common Platform Enumeration. */
            cpe: string[];
            /** @description What it tells of the kind of device. */
            device_type?: string | null;
            /** @description More of what it tells. */
            extra_info?: string | null;
            /** @description What an unknown service answered, as nmap prints it. */
            fingerprint?: string | null;
            /** @description The host name that the service itself tells. */
            hostname?: string | null;
            /** @description How nmap knows: `table` (only from the port number) or `probed`. */
            method: string;
            /** @description Its name (`http`). */
            name: string;
            /** @description What it tells of the operating system. */
            os_type?: string | null;
            /** @description The product (`nginx`). */
            product?: string | null;
            /** @description The tunnel around it (`ssl`). */
            tunnel?: string | null;
            /** @description The product's version. */
            version?: string | null;
        };
        /**
         * @description How the store is, the worst of what is known.
         * @enum {string}
         */
        StoreHealth: "ok" | "damaged" | "low" | "full" | "degraded";
        /**
         * @description Which of nmap's outputs.
         * @enum {string}
         */
        Stream: "xml" | "stdout" | "stderr";
        /** @description What runs now, who supervises it, and what was started again. */
        Supervision: {
            /** @description What has nobody above it, with all that it supervises. */
            nodes: components["schemas"]["SupervisionNode"][];
            /** @description The newest failures since the server's start, the oldest of them first; 100 at most. */
            restarts: components["schemas"]["SupervisionRestart"][];
            /**
             * Format: uint64
             * @description All failures since the server's start.
             */
            restarts_total: number;
            /** @description Whether there is more than is shown: 1000 nodes at most, those nearest to the root first. */
            truncated: boolean;
        };
        /**
         * @description What a node of the tree is.
         * @enum {string}
         */
        SupervisionKind: "engine" | "writer" | "hub" | "slots" | "scan" | "batch" | "runner";
        /** @description A part of the server that runs. */
        SupervisionNode: {
            attempt?: components["schemas"]["AttemptNo"] | null;
            /** @description What it supervises. */
            children: components["schemas"]["SupervisionNode"][];
            /**
             * Format: uint64
             * @description The number of the scan or batch.
             */
            id?: number | null;
            /** @description What it is. */
            kind: components["schemas"]["SupervisionKind"];
            /** @description Why, the last time, or what it waits for. */
            last_cause?: string | null;
            /** @description Its name: `scan 7`, `batch 12`. */
            name: string;
            /**
             * Format: uint32
             * @description The process of a runner.
             */
            pid?: number | null;
            /**
             * Format: uint64
             * @description How often it failed since the start of what is above it.
             */
            restarts: number;
            /** @description Since when it stands there; of the store's writer, since somebody first saw it so. */
            since: components["schemas"]["Time"];
            /**
             * @description Where it stands. For a scan its status, or `starting`, `restarting`, `waiting` (it cannot
             *     start yet), `given_up` (until the next start of the server); for a batch `waiting`,
             *     `running`, `settling` or `resting`; for an attempt `starting`, `running` or `settling`; for
             *     the writer `running`, `low`, `full` or `degraded`.
             */
            state: string;
        };
        /** @description Something failed, and was started again or given up. */
        SupervisionRestart: {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description Why. */
            cause: string;
            /**
             * Format: uint64
             * @description The number of the scan or batch.
             */
            id?: number | null;
            /** @description What it is. */
            kind: components["schemas"]["SupervisionKind"];
            /** @description What: `scan 7`. */
            name: string;
        };
        /** @description The server and what it can do. */
        System: {
            /**
             * Format: uint64
             * @description Scans that have not ended.
             */
            active_scans: number;
            /**
             * Format: uint64
             * @description The count of starts on this store.
             */
            epoch: number;
            /**
             * Format: uint64
             * @description Bytes that are free on the store's disk.
             */
            free_bytes: number;
            /** @description What all nmap processes together may use, and what they do. */
            governor?: components["schemas"]["Governor"];
            /**
             * @description Whether it is a server, which goes on with scans until it is told to end, and again when it
             *     is started again. A process that is none ends with its own scan.
             */
            is_server: boolean;
            /** @description Named limits. */
            limits: {
                [key: string]: number;
            };
            nmap?: components["schemas"]["NmapInfo"] | null;
            /** @description Why there is no usable nmap. */
            nmap_problem?: string | null;
            /**
             * Format: uint32
             * @description The process.
             */
            pid: number;
            /** @description How that was found out, and what to do for more. */
            privilege: string;
            /** @description Whether nmap may open raw sockets, and so which scan types work. */
            raw_sockets: boolean;
            /** @description What nmap is kept from doing. */
            sandbox: components["schemas"]["Sandbox"];
            /** @description What may be scanned, by projects without a scope of their own. */
            scope: components["schemas"]["ScopeSummary"];
            /**
             * Format: uint64
             * @description nmap processes that may run at once.
             */
            slots: number;
            /**
             * Format: uint64
             * @description nmap processes that run now.
             */
            slots_in_use: number;
            /**
             * Format: uint64
             * @description The size of the store's file.
             */
            store_bytes: number;
            /** @description How the store is. */
            store_health: components["schemas"]["StoreHealth"];
            /** @description What is wrong with the store; none when nothing is. */
            store_problem?: string | null;
            /**
             * Format: uint64
             * @description Milliseconds since the start.
             */
            uptime_ms: number;
            /** @description netscan's version. */
            version: string;
        };
        /** @description A scan that knows a target, with what it knows. */
        TargetHistory: components["schemas"]["Scan"] & {
            /** @description The open ports it found (`22/tcp`). */
            open_ports: string[];
            /** @description What it knows of the target. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description The targets of a scan that have one verdict. */
        TargetsByVerdict: {
            /**
             * Format: uint64
             * @description How many targets.
             */
            count: number;
            /** @description Why, for those unresolved or unfinished. */
            reasons: components["schemas"]["UnresolvedTarget"][];
            /** @description Which, in compact ranges or as names. */
            targets: string[];
            /** @description The verdict. */
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * Format: date-time
         * @description A moment in microseconds since 1970 UTC. JSON shows it as RFC 3339 with milliseconds
         *     (`2026-11-22T10:00:00.123Z`); the store keeps the integer.
         */
        Time: string;
        /** @description A token as lists show it. */
        Token: {
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            expires_at?: components["schemas"]["Time"] | null;
            /** @description Its id, the part of it that is no secret. */
            id: components["schemas"]["TokenId"];
            last_used_at?: components["schemas"]["Time"] | null;
            /** @description What it is for. */
            name: string;
            /** @description The only projects that its holder sees; none for all of them. */
            projects?: components["schemas"]["ProjectId"][] | null;
            /** @description What its holder may do. */
            role: components["schemas"]["Role"];
        };
        /**
         * @description The public part of a token: eight lower-case letters and digits. It is no secret, and names the
         *     token in lists and logs.
         * @example k3v9q0ab
         */
        TokenId: string;
        /** @description Which numbers of a scan the engine tunes while it runs. */
        Tuning: {
            /** @description Addresses in a batch. */
            chunk_size: boolean;
            /** @description Batches at once. */
            concurrency: boolean;
        };
        /** @description A target that has no address, and why. */
        UnresolvedTarget: {
            /** @description Why there is no address. */
            reason: string;
            /** @description The host name as written. */
            target: string;
        };
        /** @description Hosts with a value. */
        ValueCount: {
            /**
             * Format: uint64
             * @description How many hosts.
             */
            count: number;
            /** @description The value, as nmap writes it. */
            value: string;
        };
        /**
         * @description What is known of a target.
         * @enum {string}
         */
        Verdict: "up" | "down" | "timed_out" | "unfinished" | "excluded" | "unresolved";
        /** @description Hosts with a verdict. */
        VerdictCount: {
            /**
             * Format: uint64
             * @description How many hosts.
             */
            count: number;
            /** @description The verdict. */
            value: components["schemas"]["Verdict"];
        };
        /**
         * @description How many targets have each verdict.
         *
         *     Invariant: the sum is the scan's `total_targets`, at any time.
         */
        VerdictCounts: {
            /**
             * Format: uint64
             * @description Down.
             */
            down: number;
            /**
             * Format: uint64
             * @description Taken out by an exclude.
             */
            excluded: number;
            /**
             * Format: uint64
             * @description Given up by nmap at the user's host timeout.
             */
            timed_out: number;
            /**
             * Format: uint64
             * @description Not finished, or not yet.
             */
            unfinished: number;
            /**
             * Format: uint64
             * @description Host names without an address.
             */
            unresolved: number;
            /**
             * Format: uint64
             * @description Up.
             */
            up: number;
        };
        /** @description A ticket that opens one WebSocket, once and soon. */
        WsTicket: {
            /**
             * Format: uint64
             * @description For how long it is good.
             */
            expires_in_ms: number;
            /**
             * @description The ticket. With `ticket.` before it, it is offered as a subprotocol beside `netscan.v1`:
             *     `new WebSocket(url, ["netscan.v1", "ticket." + ticket])`.
             */
            ticket: string;
        };
    };
    responses: {
        /** @description `bad-request`: The request cannot be read */
        "400.bad-request": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "bad-request";
                };
            };
        };
        /** @description `unauthenticated`: A valid token is needed */
        "401.unauthenticated": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unauthenticated";
                };
            };
        };
        /** @description `forbidden`: The role does not allow this. `origin-not-allowed`: Pages of another site may not do this */
        "403.forbidden.origin-not-allowed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin-not-allowed";
                };
            };
        };
        /** @description `forbidden`: The role does not allow this. `origin-not-allowed`: Pages of another site may not do this. `out-of-scope`: Some targets may not be scanned */
        "403.forbidden.origin-not-allowed.out-of-scope": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin-not-allowed" | "out-of-scope";
                };
            };
        };
        /** @description `origin-not-allowed`: Pages of another site may not do this */
        "403.origin-not-allowed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "origin-not-allowed";
                };
            };
        };
        /** @description `not-found`: There is no such thing */
        "404.not-found": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not-found";
                };
            };
        };
        /** @description `request-timeout`: The request came too slowly */
        "408.request-timeout": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "request-timeout";
                };
            };
        };
        /** @description `profile-fixed`: The profile cannot be changed here */
        "409.profile-fixed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "profile-fixed";
                };
            };
        };
        /** @description `profile-fixed`: The profile cannot be changed here. `too-many-profiles`: Too many profiles */
        "409.profile-fixed.too-many-profiles": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "profile-fixed" | "too-many-profiles";
                };
            };
        };
        /** @description `profile-name-taken`: Another profile has that name. `too-many-profiles`: Too many profiles */
        "409.profile-name-taken.too-many-profiles": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "profile-name-taken" | "too-many-profiles";
                };
            };
        };
        /** @description `project-busy`: The project has a running scan */
        "409.project-busy": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "project-busy";
                };
            };
        };
        /** @description `project-name-taken`: Another project has that name */
        "409.project-name-taken": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "project-name-taken";
                };
            };
        };
        /** @description `scan-already-ended`: The scan has already ended. `scan-state-conflict`: The scan is in another state */
        "409.scan-already-ended.scan-state-conflict": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "scan-already-ended" | "scan-state-conflict";
                };
            };
        };
        /** @description `scan-not-ended`: The scan has not ended */
        "409.scan-not-ended": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "scan-not-ended";
                };
            };
        };
        /** @description `scan-not-ended`: The scan has not ended. `scan-state-conflict`: The scan is in another state */
        "409.scan-not-ended.scan-state-conflict": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "scan-not-ended" | "scan-state-conflict";
                };
            };
        };
        /** @description `too-many-tokens`: Too many tokens */
        "409.too-many-tokens": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "too-many-tokens";
                };
            };
        };
        /** @description `too-large`: The body is too large */
        "413.too-large": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "too-large";
                };
            };
        };
        /** @description `host-not-allowed`: The Host of the request is not this server */
        "421.host-not-allowed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "host-not-allowed";
                };
            };
        };
        /** @description `flag-refused`: A flag is not passed on to nmap. `invalid-target`: Some targets cannot be read. `invalid-value`: A value is out of its range. `privilege-missing`: The scan needs a privilege that netscan does not have. `too-many-targets`: More addresses than one scan may have */
        "422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "flag-refused" | "invalid-target" | "invalid-value" | "privilege-missing" | "too-many-targets";
                };
            };
        };
        /** @description `flag-refused`: A flag is not passed on to nmap. `invalid-target`: Some targets cannot be read. `invalid-value`: A value is out of its range. `privilege-missing`: The scan needs a privilege that netscan does not have. `too-many-targets`: More addresses than one scan may have. `unknown-field`: The body has an unknown field */
        "422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets.unknown-field": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "flag-refused" | "invalid-target" | "invalid-value" | "privilege-missing" | "too-many-targets" | "unknown-field";
                };
            };
        };
        /** @description `flag-refused`: A flag is not passed on to nmap. `invalid-value`: A value is out of its range. `unknown-field`: The body has an unknown field */
        "422.flag-refused.invalid-value.unknown-field": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "flag-refused" | "invalid-value" | "unknown-field";
                };
            };
        };
        /** @description `invalid-target`: Some targets cannot be read. `invalid-value`: A value is out of its range */
        "422.invalid-target.invalid-value": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid-target" | "invalid-value";
                };
            };
        };
        /** @description `invalid-target`: Some targets cannot be read. `invalid-value`: A value is out of its range. `unknown-field`: The body has an unknown field */
        "422.invalid-target.invalid-value.unknown-field": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid-target" | "invalid-value" | "unknown-field";
                };
            };
        };
        /** @description `invalid-value`: A value is out of its range */
        "422.invalid-value": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid-value";
                };
            };
        };
        /** @description `invalid-value`: A value is out of its range. `unknown-field`: The body has an unknown field */
        "422.invalid-value.unknown-field": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid-value" | "unknown-field";
                };
            };
        };
        /** @description `unknown-field`: The body has an unknown field */
        "422.unknown-field": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unknown-field";
                };
            };
        };
        /** @description `rate-limited`: Too many requests */
        "429.rate-limited": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "rate-limited";
                };
            };
        };
        /** @description `internal`: A fault of netscan */
        "500.internal": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal";
                };
            };
        };
        /** @description `internal`: A fault of netscan. `nmap-failed`: nmap failed. `store-damaged`: Stored data is damaged */
        "500.internal.nmap-failed.store-damaged": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal" | "nmap-failed" | "store-damaged";
                };
            };
        };
        /** @description `internal`: A fault of netscan. `store-damaged`: Stored data is damaged */
        "500.internal.store-damaged": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal" | "store-damaged";
                };
            };
        };
        /** @description `nmap-unusable`: nmap cannot be run. `shutting-down`: The server is going down. `store-unavailable`: The store cannot be written now */
        "503.nmap-unusable.shutting-down.store-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "nmap-unusable" | "shutting-down" | "store-unavailable";
                };
            };
        };
        /** @description `nmap-unusable`: nmap cannot be run. `store-unavailable`: The store cannot be written now */
        "503.nmap-unusable.store-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "nmap-unusable" | "store-unavailable";
                };
            };
        };
        /** @description `shutting-down`: The server is going down. `store-unavailable`: The store cannot be written now */
        "503.shutting-down.store-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "shutting-down" | "store-unavailable";
                };
            };
        };
        /** @description `shutting-down`: The server is going down. `store-unavailable`: The store cannot be written now. `too-many-clients`: Too many clients */
        "503.shutting-down.store-unavailable.too-many-clients": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "shutting-down" | "store-unavailable" | "too-many-clients";
                };
            };
        };
        /** @description `store-unavailable`: The store cannot be written now */
        "503.store-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "store-unavailable";
                };
            };
        };
        /** @description `store-unavailable`: The store cannot be written now. `too-many-clients`: Too many clients */
        "503.store-unavailable.too-many-clients": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "store-unavailable" | "too-many-clients";
                };
            };
        };
        /** @description `insufficient-storage`: There is too little room on the disk */
        "507.insufficient-storage": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "insufficient-storage";
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    web_ui: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description It is as the `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            500: components["responses"]["500.internal"];
        };
    };
    get_asyncapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            500: components["responses"]["500.internal"];
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description Only entries after this one, the oldest of them first; 0 for all. */
                since?: number;
                /** @description Only this action. */
                action?: components["schemas"]["AuditAction"];
                /**
                 * @description Only this actor: a token's id, the name of a token or a user, or `token`, `session`, `local`,
                 *     `anyone`, `unknown`, `several`, `server`.
                 */
                actor?: string;
                /** @description Entries at most; 1 to 1000. Without it, 100. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries. Where they are filtered, a page may be short, or empty, and its `Link` goes on */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntry"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    verify_audit: {
        parameters: {
            query?: {
                /** @description A head that was kept elsewhere: an entry's number and its hash, `12:64 hexadecimal digits`. */
                head?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found, be it good or bad */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerdict"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_batch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the batch */
                id: components["schemas"]["BatchId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_raw: {
        parameters: {
            query?: {
                /** @description Which try; the newest when left out. */
                attempt?: components["schemas"]["AttemptNo"];
            };
            header?: never;
            path: {
                /** @description The number of the batch */
                id: components["schemas"]["BatchId"];
                /** @description Which output */
                stream: components["schemas"]["Stream"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes, as an attachment */
            200: {
                headers: {
                    /** @description A name for the file */
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
    docs_page: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            500: components["responses"]["500.internal"];
        };
    };
    docs_style: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The style */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            500: components["responses"]["500.internal"];
        };
    };
    search_hosts: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 100. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
                /** @description Only hosts of this project. */
                project_id?: components["schemas"]["ProjectId"];
                /** @description An address, a block, a range, or how addresses begin (`10.0.`). */
                address?: string;
                /** @description Whether the host answered. */
                status?: components["schemas"]["HostState"];
                /** @description What is known of the host. */
                verdict?: string;
                /** @description A port's number. */
                port?: number;
                /** @description A port's protocol. */
                protocol?: components["schemas"]["Protocol"];
                /**
                 * @description A port's state: `open`, `closed`, `filtered`, `unfiltered`, `open|filtered` or
                 *     `closed|filtered`, in any case.
                 * @example open
                 */
                state?: string;
                /** @description The name of a port's service, in any case. */
                service?: string;
                /** @description The product of a port's service, in any case. */
                product?: string;
                /**
                 * @description Words, at most 16, all of which the host has: in a name, a service, a product, a version, or at the
                 *     beginning of its address.
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hosts; a page may be short, or empty, and have a next one */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_host: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the host */
                id: components["schemas"]["HostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The host */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    run_nmap: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunRequest"];
            };
        };
        responses: {
            /** @description What nmap wrote and found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed.out-of-scope"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.scan-already-ended.scan-state-conflict"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.nmap-failed.store-damaged"];
            503: components["responses"]["503.nmap-unusable.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            500: components["responses"]["500.internal"];
        };
    };
    list_profiles: {
        parameters: {
            query?: {
                /** @description The project whose grants count for `error`; "Default" when left out. */
                project_id?: components["schemas"]["ProjectId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profiles, each with nmap's command as a preview would give it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    create_profile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProfile"];
            };
        };
        responses: {
            /** @description The profile */
            201: {
                headers: {
                    /** @description Where the profile is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.profile-name-taken.too-many-profiles"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    get_profile: {
        parameters: {
            query?: {
                /** @description The project whose grants count for `error`; "Default" when left out. */
                project_id?: components["schemas"]["ProjectId"];
            };
            header?: never;
            path: {
                /** @description The name of the profile */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    put_profile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the profile */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProfileChange"];
            };
        };
        responses: {
            /** @description The profile as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description The profile, which is new */
            201: {
                headers: {
                    /** @description Where the profile is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.profile-fixed.too-many-profiles"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    delete_profile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the profile */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.profile-fixed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    list_projects: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The projects that the caller sees */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description The project */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedProject"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.project-name-taken"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    delete_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.project-busy"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    change_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProjectChange"];
            };
        };
        responses: {
            /** @description The project as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.project-name-taken"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    list_project_scans: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its scans */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scan"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_project_scope: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scope */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scope"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    add_to_project_scope: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewScopeEntry"];
            };
        };
        responses: {
            /** @description The entry */
            201: {
                headers: {
                    /** @description Where the entry is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScopeEntry"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-target.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    remove_from_project_scope: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the project */
                id: components["schemas"]["ProjectId"];
                /** @description The number of the entry */
                entry: components["schemas"]["ScopeId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    list_scans: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
                /** @description Only scans that stand so. */
                status?: components["schemas"]["ScanStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scans that the caller sees */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scan"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    create_scan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ScanRequest"];
            };
        };
        responses: {
            /** @description It is accepted and goes on by itself */
            202: {
                headers: {
                    /** @description Where the scan is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanAccepted"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed.out-of-scope"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.nmap-unusable.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    import_scan: {
        parameters: {
            query?: {
                /** @description The project of the scan; `Imports` without one. */
                project_id?: components["schemas"]["ProjectId"];
                /** @description The scan's name. */
                name?: string;
                /** @description Whether to make another scan of bytes that are known. */
                again?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description What nmap wrote with `-oX`, whole or cut off */
        requestBody?: {
            content: {
                "text/xml": string;
            };
        };
        responses: {
            /** @description It was one already */
            200: {
                headers: {
                    /** @description Where the scan is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportAnswer"];
                };
            };
            /** @description It is a scan now */
            201: {
                headers: {
                    /** @description Where the scan is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable.too-many-clients"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    preview_scan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ScanRequest"];
            };
        };
        responses: {
            /** @description What it would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.nmap-unusable.store-unavailable"];
        };
    };
    start_scan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ScanRequest"];
            };
        };
        responses: {
            /** @description It is accepted and goes on by itself */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanAccepted"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed.out-of-scope"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.nmap-unusable.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    get_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scan */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scan"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    delete_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.scan-not-ended"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    list_batches: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batches */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    diff_scans: {
        parameters: {
            query?: {
                /** @description As what. */
                format?: "json" | "jsonl" | "text" | "md" | "xml";
            };
            header?: never;
            path: {
                /** @description The number of the earlier scan */
                id: components["schemas"]["ScanId"];
                /** @description The number of the later scan */
                other: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What differs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                    "application/x-ndjson": components["schemas"]["DiffLine"];
                    "application/xml": string;
                    "text/markdown": string;
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
    list_scan_events: {
        parameters: {
            query?: {
                /** @description Events after this one; 0 for all. */
                since?: number;
                /**
                 * @description The newest events before this one, instead of the oldest ones; in ascending order all the
                 *     same.
                 */
                before?: number;
                /**
                 * @description Only events of these names, with commas between them.
                 * @example batch_start,batch_failed
                 */
                kinds?: string;
                /** @description Only events of this batch. */
                batch_id?: components["schemas"]["BatchId"];
                /** @description Events at most; 1 to 1000. Without it, 100. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    /** @description The next page, newer or, with `before`, older, with `rel="next"`, while there may be more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventFrame"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    export_scan: {
        parameters: {
            query: {
                /** @description As what. */
                format: "xml" | "json" | "jsonl" | "csv" | "md" | "html" | "gnmap";
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document, as an attachment */
            200: {
                headers: {
                    /** @description A name for the file */
                    "Content-Disposition"?: string;
                    /** @description Where the scan stands */
                    "netscan-scan-status"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/x-ndjson": string;
                    "application/xml": string;
                    "text/csv": string;
                    "text/html": string;
                    "text/markdown": string;
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
    list_scan_facets: {
        parameters: {
            query?: {
                /** @description An address, a block, a range, or how addresses begin (`10.0.`). */
                address?: string;
                /** @description Whether the host answered. */
                status?: components["schemas"]["HostState"];
                /** @description What is known of the host. */
                verdict?: string;
                /** @description A port's number. */
                port?: number;
                /** @description A port's protocol. */
                protocol?: components["schemas"]["Protocol"];
                /**
                 * @description A port's state: `open`, `closed`, `filtered`, `unfiltered`, `open|filtered` or
                 *     `closed|filtered`, in any case.
                 * @example open
                 */
                state?: string;
                /** @description The name of a port's service, in any case. */
                service?: string;
                /** @description The product of a port's service, in any case. */
                product?: string;
                /**
                 * @description Words, at most 16, all of which the host has: in a name, a service, a product, a version, or at the
                 *     beginning of its address.
                 */
                q?: string;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostFacets"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    list_scan_hosts: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
                /** @description An address, a block, a range, or how addresses begin (`10.0.`). */
                address?: string;
                /** @description Whether the host answered. */
                status?: components["schemas"]["HostState"];
                /** @description What is known of the host. */
                verdict?: string;
                /** @description A port's number. */
                port?: number;
                /** @description A port's protocol. */
                protocol?: components["schemas"]["Protocol"];
                /**
                 * @description A port's state: `open`, `closed`, `filtered`, `unfiltered`, `open|filtered` or
                 *     `closed|filtered`, in any case.
                 * @example open
                 */
                state?: string;
                /** @description The name of a port's service, in any case. */
                service?: string;
                /** @description The product of a port's service, in any case. */
                product?: string;
                /**
                 * @description Words, at most 16, all of which the host has: in a name, a service, a product, a version, or at the
                 *     beginning of its address.
                 */
                q?: string;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hosts */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    map_scan: {
        parameters: {
            query?: {
                /** @description Cells at most, 1 to 4096; 1024 without it. Each family has at least one. */
                cells?: number;
                /**
                 * @description Only addresses in this block or range.
                 * @example 10.0.0.0/16
                 */
                within?: string;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The map */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanMap"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    pause_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it stands now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanCommandAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.scan-already-ended.scan-state-conflict"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    rescan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RescanRequest"];
            };
        };
        responses: {
            /** @description The new scan is accepted */
            202: {
                headers: {
                    /** @description Where the new scan is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanAccepted"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed.out-of-scope"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.scan-not-ended.scan-state-conflict"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.flag-refused.invalid-target.invalid-value.privilege-missing.too-many-targets.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.nmap-unusable.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    resume_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it stands now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanCommandAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.scan-already-ended.scan-state-conflict"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    stop_scan: {
        parameters: {
            query?: {
                /** @description Whether its nmap processes get no time to end. */
                force?: boolean;
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it stands now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanCommandAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            409: components["responses"]["409.scan-already-ended.scan-state-conflict"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    stream_scan_events: {
        parameters: {
            query?: {
                /** @description Events after this one; without it, only those from now on. */
                since?: number;
            };
            header?: {
                /** @description Events after this one; counts instead of `since` */
                "Last-Event-ID"?: number | null;
            };
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events as Server-Sent Events: `id` is the number of the event, `data` the object that the WebSocket sends */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
    list_scan_targets: {
        parameters: {
            query?: {
                /** @description Only targets with this verdict. */
                verdict?: components["schemas"]["Verdict"];
            };
            header?: never;
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A row for each verdict */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetsByVerdict"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_scope: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scope */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scope"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    add_to_scope: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewScopeEntry"];
            };
        };
        responses: {
            /** @description The entry */
            201: {
                headers: {
                    /** @description Where the entry is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScopeEntry"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-target.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    remove_from_scope: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the entry */
                entry: components["schemas"]["ScopeId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    describe_caller: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who asks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Caller"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    begin_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            /** @description Who logs in */
            200: {
                headers: {
                    /** @description The session */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Caller"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended */
            204: {
                headers: {
                    /** @description No session */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    create_login_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginCode"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    describe_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    change_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LimitsRequest"];
            };
        };
        responses: {
            /** @description What holds now, and how much of it is given out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Governor"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    describe_supervision: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tree */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Supervision"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    list_difficult_targets: {
        parameters: {
            query?: {
                /** @description Only those that this scan could not finish. */
                scan?: components["schemas"]["ScanId"];
                /**
                 * @description Only those after this address.
                 * @example 192.0.2.7
                 */
                after?: string;
                /** @description Rows at most; 1 to 1000. Without it, 100. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hosts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DifficultTarget"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    expand_targets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExpandRequest"];
            };
        };
        responses: {
            /** @description The addresses */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExpandAnswer"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    get_target_history: {
        parameters: {
            query?: {
                /** @description Rows at most; 1 to 1000. Without it, 10,000. */
                limit?: number;
                /** @description Where the page begins: from the `Link` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description An address of IPv4 or IPv6
                 * @example 192.0.2.7
                 */
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scans; a page may be short, or empty, and have a next one */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`, while there is more */
                    Link?: string | null;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetHistory"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-target.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    list_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"][];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token */
            201: {
                headers: {
                    /** @description Where the token is */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            408: components["responses"]["408.request-timeout"];
            409: components["responses"]["409.too-many-tokens"];
            413: components["responses"]["413.too-large"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the token */
                id: components["schemas"]["TokenId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.shutting-down.store-unavailable"];
            507: components["responses"]["507.insufficient-storage"];
        };
    };
    create_ws_ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WsTicket"];
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    web_ui_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the file */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description It is as the `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            500: components["responses"]["500.internal"];
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It serves */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            500: components["responses"]["500.internal"];
        };
    };
    login_page: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description It is as the `If-None-Match` says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            500: components["responses"]["500.internal"];
        };
    };
    scrape_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics in the text format of Prometheus, version 0.0.4 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable"];
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Scans can run and be kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.bad-request"];
            421: components["responses"]["421.host-not-allowed"];
            500: components["responses"]["500.internal"];
            503: components["responses"]["503.nmap-unusable.store-unavailable"];
        };
    };
    follow_all_scans: {
        parameters: {
            query?: {
                /**
                 * @description Where to begin: left out, from now on; a number, after the event of that number in each
                 *     scan; `7:120,9:33`, after event 120 of scan 7 and 33 of scan 9, all of the scans newer than
                 *     9, and others from now on.
                 */
                since?: string;
                /** @description Whether lines of nmap are wanted. */
                lines?: boolean;
            };
            header?: {
                /** @description `netscan.v1, ticket.TICKET` with a ticket of `POST /api/ws-tickets`, where no other header can be set; the answer names `netscan.v1` */
                "Sec-WebSocket-Protocol"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from here on: `/api/asyncapi.json` has its messages. Who may not read is closed with 4401, an unknown scan with 4404 */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value.unknown-field"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
    follow_scan: {
        parameters: {
            query?: {
                /** @description Events after this one; without it, only those from now on. */
                since?: number;
            };
            header?: {
                /** @description `netscan.v1, ticket.TICKET` with a ticket of `POST /api/ws-tickets`, where no other header can be set; the answer names `netscan.v1` */
                "Sec-WebSocket-Protocol"?: string | null;
            };
            path: {
                /** @description The number of the scan */
                id: components["schemas"]["ScanId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from here on: `/api/asyncapi.json` has its messages. Who may not read is closed with 4401, an unknown scan with 4404 */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.bad-request"];
            401: components["responses"]["401.unauthenticated"];
            403: components["responses"]["403.forbidden.origin-not-allowed"];
            404: components["responses"]["404.not-found"];
            421: components["responses"]["421.host-not-allowed"];
            422: components["responses"]["422.invalid-value"];
            429: components["responses"]["429.rate-limited"];
            500: components["responses"]["500.internal.store-damaged"];
            503: components["responses"]["503.store-unavailable.too-many-clients"];
        };
    };
}

//! Every limit that more than one part keeps to, named in one place. Hitting one is reported.

use std::time::Duration;

/// Addresses in one scan, a /8. A setting; this is its default.
pub const SCAN_ADDRESSES_MAX: u64 = 16_777_216;
/// Target lines and exclude lines in one request.
pub const TARGET_LINES_MAX: usize = 1_000_000;
/// Bytes of one target as written.
pub const TARGET_BYTES_MAX: usize = 1023;
/// Addresses in one batch.
pub const CHUNK_SIZE_MAX: u32 = 65_536;
/// Batches of one scan that may run at once.
pub const CONCURRENCY_MAX: u32 = 1024;
/// Characters in the name of a scan or a project.
pub const NAME_CHARS_MAX: usize = 200;
/// Packets a second that all nmaps of a server may send together, loopback apart: about 40 Mbit/s.
/// A setting; this is its default. It bounds what a near network may get; on a far one nmap's own
/// congestion control is below it (450 a second at 40 ms and 1 % loss), but in bursts. Shares that
/// cut these cost processor time and thus speed: 1,024 hosts by connect scan took 14 s with 625 for
/// each of 64, and 5 s without a bound.
pub const PACKET_RATE: u32 = 80_000;
/// The least that it can be set to: every slot needs a share.
pub const PACKET_RATE_MIN: u32 = 1000;
/// nmap processes at once, over all scans, that can be set.
pub const SLOTS_MAX: u32 = 4096;
/// Attempts at one batch.
pub const ATTEMPTS_MAX: u32 = 20;
/// Servers in a row that may go down while a batch runs and finishes nothing, before it is split; a
/// host alone in its batch is given up after twice as many.
pub const SERVERS_LOST_MAX: u32 = 5;
/// Failed attempts of a scan in a row, none of which finished a host, after which batches are no
/// longer split: it is nmap or the network, not a target.
pub const BARREN_NO_SPLIT: u32 = 16;
/// Failed attempts of a scan in a row, none of which finished a host, after which it gives up.
pub const BARREN_MAX: u32 = 64;
/// Open ports of unfinished hosts that one attempt remembers; more are counted and logged.
pub const PROVISIONAL_PORTS_MAX: usize = 100_000;
/// Times that are kept of a host that scans could not finish.
pub const DIFFICULT_HISTORY_MAX: usize = 10;
/// Hosts of one scan that get batches of their own because earlier scans could not finish them;
/// more are scanned like all others, and the scan says so.
pub const DIFFICULT_HOSTS_MAX: usize = 1024;
/// Entries of the server's scope, and of each project's.
pub const SCOPE_ENTRIES_MAX: usize = 1000;
/// Characters of the note that says why an entry is in a scope, or a project has a grant.
pub const NOTE_CHARS_MAX: usize = 500;
/// Ranges that an answer shows of a set that is out of scope, or in it; more are counted.
pub const SCOPE_RANGES_SHOWN: usize = 8;
/// How long all host names of a request may take to resolve.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a file of nmap's XML that is imported.
pub const IMPORT_BYTES_MAX: u64 = STREAM_BYTES_MAX;
/// Imports at once; more are answered with `too-many-clients`.
pub const IMPORTS_MAX: usize = 2;
/// Bytes of nmap's XML that are kept; an attempt that writes more is ended as `output_cap`.
pub const STREAM_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The same of its normal output.
pub const STDOUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of nmap's stderr that are kept; more is counted and dropped, and the record says so.
pub const STDERR_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one output line; a longer one is shown in pieces.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes that an attempt may hold in memory while the store is slow; then its nmap has to wait, and
/// ends as `store_slow` when the store takes nothing at all.
pub const UNSTORED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of raw output in one stored frame, before compression.
pub const RAW_FRAME_BYTES: usize = 256 * 1024;

/// Bytes of one scan's events that are kept in memory for live readers; older ones come from the
/// store.
pub const LIVE_EVENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Events that one read of the store or of the live ring hands over at most.
pub const EVENTS_PAGE_MAX: usize = 1000;
/// Bytes of stored events that one request for some of them goes through, to the end of a segment;
/// its `Link` goes on from there.
pub const EVENTS_WALK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rows of a list without an explicit `limit` on our own routes.
pub const PAGE_DEFAULT: usize = 100;
/// Rows of a list at most.
pub const PAGE_MAX: usize = 1000;
/// Rows that the lists of the Python system's clients answer without a `limit`.
pub const SEED_LIST_MAX: usize = 10_000;
/// Hosts that one page of a search reads at most, or steps through indexes that cost as much. Where
/// no index narrows a search down, or lists agree on few hosts, its page is then short, or empty,
/// and its `Link` goes on.
pub const SEARCH_READS_MAX: usize = 10_000;
/// The same of a search in one scan whose client names no `limit`, and so expects all in one answer.
pub const SEARCH_ALL_READS_MAX: usize = 1_000_000;
/// Words of one search.
pub const SEARCH_WORDS_MAX: usize = 16;
/// Cells of a scan's map at most.
pub const MAP_CELLS_MAX: usize = 4096;
/// Cells of a scan's map when none are asked for.
pub const MAP_CELLS_DEFAULT: usize = 1024;
/// Hosts that one map looks at for open ports, or steps through indexes that cost as much; beyond
/// it says `truncated`.
pub const MAP_READS_MAX: usize = 100_000;
/// Hosts that are read to count what hosts have in common, or steps through indexes that cost as
/// much; beyond it the answer is not `complete`.
pub const FACET_READS_MAX: usize = 100_000;
/// Ports that are looked at for that, beyond those of one page of a search.
pub const FACET_PORTS_MAX: u64 = 2_000_000;
/// Addresses of one `POST /api/nmap/run`: its client waits, and gets all in one answer.
pub const RUN_ADDRESSES_MAX: u64 = 4096;
/// Addresses that `POST /api/targets/expand` lists.
pub const EXPAND_MAX: usize = 4096;

/// How long nmap has after SIGTERM before SIGKILL. A stop of a scan must be over in 3 s.
pub const STOP_GRACE: Duration = Duration::from_millis(1500);
/// Bytes of a request body.
pub const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// TCP connections at once, where the system allows so many open files; more wait.
pub const CONNECTIONS_MAX: usize = 4096;
/// Clients of WebSockets and event streams at once. A setting; this is its default.
pub const WS_CLIENTS_MAX: usize = 2048;

/// Bytes of the body of a request that has no list of targets.
pub const SMALL_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// Bytes of a request's line and headers.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// How long a client may take for a request's headers, and so how long a connection may idle.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for a request's body: so long, and a second more for each
/// [`BODY_BYTES_PER_S_MIN`] that have come.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The least that a large body may come at.
pub const BODY_BYTES_PER_S_MIN: u64 = 64 * 1024;
/// How long a client may take nothing of an answer. One that takes a little may be slow: it holds no
/// more than its place.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a TLS handshake may take.
pub const TLS_TIMEOUT: Duration = Duration::from_secs(10);
/// TCP connections from one address (of IPv6: one /64) at once; loopback has no such bound. A
/// setting; this is its default.
pub const CONNECTIONS_PER_IP_MAX: usize = 64;
/// Requests a second of one token or session, and as many at once after a pause. A setting; this is
/// its default.
pub const REQUESTS_PER_S: u32 = 10_000;
/// Requests a second without a valid token from one address (of IPv6: one /64), and before they
/// are refused for a while ...
pub const FAILED_LOGINS_PER_S: u32 = 5;
/// ... as many at once.
pub const FAILED_LOGINS_BURST: u32 = 20;
/// Callers whose rates are kept in mind; those at rest are forgotten then. Where still more fail to
/// say who they are, all of these share one rate.
pub const CALLERS_KEPT: usize = 10_000;
/// Tokens at once; those that have ended make room.
pub const TOKENS_MAX: usize = 1000;
/// Profiles that users have made, in the store or in one file.
pub const PROFILES_MAX: usize = 1000;
/// Characters of a profile's name: `a-z`, `0-9`, `-` and `_`.
pub const PROFILE_NAME_CHARS_MAX: usize = 64;
/// Bytes of a file of profiles.
pub const PROFILES_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Longest that a token may be made for, unless it is for ever: ten years.
pub const TOKEN_DAYS_MAX: u64 = 3650;
/// Sessions of one token at once; the one that was unused for longest makes room.
pub const SESSIONS_MAX: usize = 100;
/// How long a session may be unused.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
/// How long a session may last.
pub const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a login URL is good for.
pub const LOGIN_CODE_LIFE: Duration = Duration::from_secs(600);
/// Login URLs of one token that are good at once; the oldest makes room.
pub const LOGIN_CODES_MAX: usize = 10;
/// How long a ticket for a WebSocket is good for.
pub const WS_TICKET_LIFE: Duration = Duration::from_secs(30);
/// Unused tickets of one caller that are good at once ...
pub const WS_TICKETS_OF_ONE_MAX: usize = 64;
/// ... and of all.
pub const WS_TICKETS_MAX: usize = 4096;
/// How often it is written down that a token or a session was used.
pub const LAST_USED_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether an open stream may still be read. A revocation is seen at once.
pub const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// Characters of what an entry of the audit log says beside its fields; a longer text is cut.
pub const AUDIT_DETAIL_CHARS_MAX: usize = 500;
/// How long refusals and exports of one kind and caller are counted together: the first is written down at once,
/// how many came after it when this is over.
pub const AUDIT_FOLD_EVERY: Duration = Duration::from_secs(60);
/// Kinds of refusals of one known caller, and of all of them, that are told apart at once. More of one
/// caller are counted without saying of which kind, of more callers without saying whose they were.
pub const AUDIT_FOLDS_MAX: (usize, usize) = (32, 256);
/// The same of unknown callers, each an address or a /64: of these there are as many as they like.
pub const AUDIT_UNKNOWN_FOLDS_MAX: (usize, usize) = (8, 32);
/// The same of exports: scans and formats.
pub const AUDIT_EXPORTS_MAX: (usize, usize) = (1024, 4096);
/// Entries of the audit log that one page reads at most where it is filtered; its `Link` goes on.
pub const AUDIT_READS_MAX: usize = 10_000;
/// Breaks of the audit log that an answer names; more are counted.
pub const AUDIT_BREAKS_SHOWN: usize = 20;

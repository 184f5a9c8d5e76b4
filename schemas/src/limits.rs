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
/// How long all host names of a request may take to resolve.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

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

/// Events of one scan that are kept in memory for live readers; older ones come from the store.
pub const LIVE_EVENTS_MAX: usize = 8192;
/// Bytes of one scan's events that are kept in memory for live readers.
pub const LIVE_EVENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Events that one read of the store or of the live ring hands over at most.
pub const EVENTS_PAGE_MAX: usize = 1000;

/// Rows of a list without an explicit `limit` on our own routes.
pub const PAGE_DEFAULT: usize = 100;
/// Rows of a list at most.
pub const PAGE_MAX: usize = 1000;
/// Rows that the lists of the Python system's clients answer without a `limit`.
pub const SEED_LIST_MAX: usize = 10_000;
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
/// WebSocket clients at once.
pub const WS_CLIENTS_MAX: usize = 2000;

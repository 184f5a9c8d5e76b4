//! The `netscan` program.

// A failing actor must arrive as a value, not as the end of the process.
const _: () = assert!(cfg!(panic = "unwind"));

fn main() -> std::process::ExitCode {
    // Before anything else: the process that owns the nmaps is this binary, started again.
    netscan_nmap::launch::run_if_warden();
    netscan::run()
}

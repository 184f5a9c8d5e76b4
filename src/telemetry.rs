//! The log: on standard error, quiet unless asked, and JSON for machines.

use crate::cli::{Args, Command, Log};
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Starts writing the log. A server tells of its scans; other commands only of trouble.
pub fn start(args: &Args) {
    use tracing::level_filters::LevelFilter as Level;
    let (serving, json) = match &args.command {
        Command::Serve(serve) => (true, serve.log == Log::Json),
        _ => (false, false),
    };
    let ours = match (args.verbose, serving) {
        (0, false) => Level::ERROR,
        (0, true) | (1, false) => Level::INFO,
        (1, true) => Level::DEBUG,
        _ => Level::TRACE,
    };
    let mut filter = Targets::new().with_default(Level::WARN);
    for target in ["netscan", "netscan_actors", "netscan_http", "netscan_nmap", "netscan_store"] {
        filter = filter.with_target(target, ours);
    }
    let registry = tracing_subscriber::registry();
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    if json {
        registry.with(to_stderr.json().with_filter(filter)).init();
    } else {
        let ansi = crate::output::colours(args.color, &std::io::stderr());
        registry.with(to_stderr.with_ansi(ansi).with_target(false).with_filter(filter)).init();
    }
}

//! The log: on standard error, quiet unless asked, and JSON for machines.
//!
//! What hosts and clients say stands in it too, so it goes through the sanitiser: an entry is one
//! line, whatever is in it, and cannot take over the terminal that shows it.

use crate::cli::{Args, Command, LogFormat};
use netscan_schemas::{Time, inert};
use std::{
    fmt,
    io::{self, Write},
};
use tracing::{Subscriber, field::Field};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt as format,
    fmt::{MakeWriter, format::Writer, time::FormatTime},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Starts writing the log. A server tells of its scans; other commands only of trouble.
pub fn start(args: &Args) {
    use tracing::level_filters::LevelFilter as Level;
    let (serving, json) = match &args.command {
        Command::Serve(serve) => (true, serve.log_format == LogFormat::Json),
        _ => (false, false),
    };
    let ours = match (args.verbose, serving) {
        (0, false) => Level::ERROR,
        (0, true) | (1, false) => Level::INFO,
        (1, true) => Level::DEBUG,
        _ => Level::TRACE,
    };
    let mut filter = Targets::new().with_default(Level::WARN);
    for target in
        ["netscan", "netscan_actors", "netscan_http", "netscan_nmap", "netscan_store", "audit"]
    {
        filter = filter.with_target(target, ours);
    }
    let registry = tracing_subscriber::registry();
    if json {
        registry.with(as_json(io::stderr).with_filter(filter)).init();
    } else {
        let ansi = crate::output::colours(args.color, &io::stderr());
        registry.with(as_text(io::stderr, ansi).with_filter(filter)).init();
    }
}

/// A line for people: the message, and the values beside it.
fn as_text<S, W>(to: W, ansi: bool) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        let value = format!("{value:?}");
        let value = inert::text(&value);
        match field.name() {
            "message" => write!(writer, "{value}"),
            name => write!(writer, "{name}={value}"),
        }
    };
    let fields = format::format::debug_fn(field);
    let fields = tracing_subscriber::field::MakeExt::delimited(fields, " ");
    format::layer()
        .with_timer(Clock)
        .with_writer(to)
        .with_ansi(ansi)
        .with_target(false)
        .fmt_fields(fields)
}

/// A JSON object a line: message and fields beside each other, and what the request is in `span`.
fn as_json<S, W>(to: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    let json = format::layer().with_timer(Clock).with_writer(Clean(to)).json();
    json.flatten_event(true).with_current_span(true).with_span_list(false)
}

/// RFC 3339 with milliseconds, as everywhere else.
struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", Time::now())
    }
}

/// Writes JSON's own escapes for what JSON leaves as it is and a terminal does not.
struct Clean<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Clean<W> {
    type Writer = CleanWriter<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        CleanWriter(self.0.make_writer())
    }
}

struct CleanWriter<W>(W);

impl<W: Write> Write for CleanWriter<W> {
    /// Takes whole lines: that is how a layer writes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        self.0.write_all(inert::json(&line).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::payloads;
    use std::sync::{Arc, Mutex, PoisonError};

    #[derive(Clone, Default)]
    struct Held(Arc<Mutex<Vec<u8>>>);

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Held {
        fn take(&self) -> String {
            let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            String::from_utf8(bytes).unwrap()
        }
    }

    fn log(text: &str) {
        let number = 7;
        let _in = tracing::info_span!("request", request.id = "3-1", of = %text).entered();
        tracing::warn!(scan.id = number, told = text, shown = %text, "not read: {text}");
    }

    #[test]
    fn an_entry_is_one_harmless_line() {
        let held = Held::default();
        let to = held.clone();
        let layer = as_text(move || to.clone(), false);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for (name, text) in payloads() {
                log(&text);
                let said = held.take();
                let line = said.strip_suffix('\n').unwrap();
                assert!(!line.chars().any(inert::is_harmful), "{name}: {line:?}");
                assert!(line.contains("not read: ") && line.contains("scan.id=7"), "{line}");
            }
        });
    }

    #[test]
    fn an_entry_is_one_json_object() {
        let held = Held::default();
        let to = held.clone();
        let subscriber = tracing_subscriber::registry().with(as_json(move || to.clone()));
        tracing::subscriber::with_default(subscriber, || {
            for (name, text) in payloads() {
                log(&text);
                let said = held.take();
                let line = said.strip_suffix('\n').unwrap();
                assert!(!line.chars().any(inert::is_harmful), "{name}: {line:?}");
                let entry: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(entry["told"], text, "{name}");
                assert_eq!(entry["message"], format!("not read: {text}"), "{name}");
                assert_eq!((&entry["level"], &entry["scan.id"]), (&"WARN".into(), &7.into()));
                assert_eq!(entry["span"]["request.id"], "3-1");
                assert_eq!(entry["span"]["of"], text, "{name}");
                let time = entry["timestamp"].as_str().unwrap();
                assert_eq!((time.len(), &time[19..20], &time[23..]), (24, ".", "Z"), "{time}");
            }
        });
    }
}

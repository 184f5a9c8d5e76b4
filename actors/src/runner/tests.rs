use super::core::{Evidence, judge};
use netscan_nmap::xml::{Document, DocumentEnd};
use netscan_schemas::attempt::{Ending, Outcome, StopReason};

const WHOLE: &str =
    r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="success"/></runstats></nmaprun>"#;
const CUT: &str = r#"<nmaprun scanner="nmap"><host><address addr="127.0.0.1" addrtype="ipv4"/>"#;
const TWICE: &str = concat!(
    r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="success"/></runstats></nmaprun>"#,
    r#"<nmaprun scanner="nmap"></nmaprun>"#
);
const FAILED: &str = r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="error" errormsg="no raw socket"/></runstats></nmaprun>"#;

fn read(text: &str) -> DocumentEnd {
    let mut document = Document::new();
    document.feed(text.as_bytes());
    while document.next_item().is_some() {}
    document.finish()
}

fn exited(code: i32) -> Ending {
    Ending::Exited { code }
}

/// (ending, stop, document, missing, timed out) and what they prove.
type Row = (Ending, Option<StopReason>, &'static str, u64, u64, Outcome);

#[test]
fn success_is_proved_never_inferred() {
    let ended = |reason| Outcome::Ended { reason };
    let failed = |code, message: &str| Outcome::NmapFailed { code, message: message.into() };
    let rows: Vec<Row> = vec![
        (exited(0), None, WHOLE, 0, 0, Outcome::Complete),
        (exited(0), None, WHOLE, 0, 3, Outcome::HostsTimedOut { hosts: 3 }),
        (exited(0), None, WHOLE, 2, 0, Outcome::HostsMissing { hosts: 2 }),
        // A full disk: nmap says nothing is wrong, and its document stops.
        (exited(0), None, CUT, 1, 0, Outcome::DocumentCut),
        (exited(0), None, "", 1, 0, Outcome::DocumentCut),
        (exited(0), None, "garbage", 1, 0, Outcome::DocumentCut),
        // A second document behind the first: somebody else wrote into it.
        (exited(0), None, TWICE, 0, 0, Outcome::DocumentCut),
        (exited(0), None, FAILED, 0, 0, failed(0, "no raw socket")),
        (exited(1), None, FAILED, 1, 0, failed(1, "no raw socket")),
        (exited(1), None, WHOLE, 0, 0, failed(1, "QUITTING!")),
        (exited(255), None, "", 1, 0, failed(255, "QUITTING!")),
        (Ending::Signalled { signal: 11 }, None, CUT, 1, 0, Outcome::Crashed { signal: 11 }),
        // Even with a whole document, a signal is no success.
        (Ending::Signalled { signal: 9 }, None, WHOLE, 0, 0, Outcome::Crashed { signal: 9 }),
        (
            Ending::Signalled { signal: 15 },
            Some(StopReason::Stopped),
            CUT,
            1,
            0,
            ended(StopReason::Stopped),
        ),
        (
            Ending::Signalled { signal: 9 },
            Some(StopReason::Stalled),
            "",
            1,
            0,
            ended(StopReason::Stalled),
        ),
        // It was done before our signal arrived.
        (exited(0), Some(StopReason::Deadline), WHOLE, 0, 0, Outcome::Complete),
        (exited(0), Some(StopReason::OutputCap), WHOLE, 1, 0, ended(StopReason::OutputCap)),
        (Ending::Lost, None, WHOLE, 0, 0, Outcome::Lost),
        (
            Ending::Unstartable { message: "no such file".into() },
            Some(StopReason::Stopped),
            "",
            1,
            0,
            Outcome::Unstartable { message: "no such file".into() },
        ),
    ];
    for (ending, stop, text, missing, timed_out, expected) in rows {
        let document = read(text);
        let stderr_tail = if text == FAILED { "" } else { "QUITTING!\n" };
        let evidence = Evidence {
            ending: &ending,
            stop,
            document: &document,
            missing,
            timed_out,
            stderr_tail,
        };
        assert_eq!(judge(&evidence), expected, "{evidence:?}");
    }
}

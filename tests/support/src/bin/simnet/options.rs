//! The command line.

use crate::failure::Failure;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Options {
    Truth { plan: PathBuf },
    Run { plan: PathBuf, seed: u64, stats: Option<PathBuf>, command: Vec<OsString> },
}

pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Options, Failure> {
    let mut args = args.into_iter().peekable();
    let wants_truth = args.next_if(|arg| arg == "truth").is_some();
    let (mut plan, mut stats, mut seed) = (None, None, 1);
    while let Some(arg) = args.next_if(|arg| arg != "--") {
        let flag = arg.to_string_lossy().into_owned();
        let mut value =
            || args.next().ok_or_else(|| Failure::Usage(format!("`{flag}` needs a value")));
        match flag.as_str() {
            "--plan" => plan = Some(PathBuf::from(value()?)),
            "--stats" if !wants_truth => stats = Some(PathBuf::from(value()?)),
            "--seed" if !wants_truth => {
                let number = value()?.to_string_lossy().parse();
                seed = number.map_err(|_| Failure::Usage("`--seed` takes a number".to_owned()))?;
            }
            _ => return Err(Failure::Usage(format!("`{flag}` is not known here"))),
        }
    }
    let plan = plan.ok_or_else(|| Failure::Usage("`--plan FILE` is missing".to_owned()))?;
    let command: Vec<_> = args.skip(1).collect();
    match (wants_truth, command.is_empty()) {
        (true, true) => Ok(Options::Truth { plan }),
        (false, false) => Ok(Options::Run { plan, seed, stats, command }),
        (true, false) => Err(Failure::Usage("`truth` runs no command".to_owned())),
        (false, true) => Err(Failure::Usage("`-- COMMAND` is missing".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "expectations are written in place")]
    fn check(line: &str, expected: Expect) {
        let said = match parse(line.split_whitespace().map(Into::into)) {
            Ok(options) => format!("{options:?}"),
            Err(failure) => failure.to_string(),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn command_lines() {
        check("truth --plan p", expect![[r#"Truth { plan: "p" }"#]]);
        check(
            "--seed 7 --stats s --plan p -- nmap -- -n",
            expect![[
                r#"Run { plan: "p", seed: 7, stats: Some("s"), command: ["nmap", "--", "-n"] }"#
            ]],
        );
        let usage = "; see the top of its source for the usage";
        for (line, why) in [
            ("", "`--plan FILE` is missing"),
            ("--plan", "`--plan` needs a value"),
            ("--plan p", "`-- COMMAND` is missing"),
            ("--plan p --", "`-- COMMAND` is missing"),
            ("--plan p nmap", "`nmap` is not known here"),
            ("--plan p --seed x -- nmap", "`--seed` takes a number"),
            ("truth --plan p --stats s", "`--stats` is not known here"),
            ("truth --plan p -- nmap", "`truth` runs no command"),
        ] {
            let said = parse(line.split_whitespace().map(Into::into)).unwrap_err().to_string();
            assert_eq!(said, format!("{why}{usage}"), "{line}");
        }
    }
}

//! Flags of two sources in one list: a profile's, and those that a request adds or puts in their
//! place.

use super::{
    FlagError,
    table::{Arity, Row},
    tokens::{self, Given},
};

/// Returns the flags of a profile that stay beside a request's own, written anew, one option each;
/// or what is wrong with the profile's.
///
/// A flag of the request takes the place of those that say the same thing: ports (`-p`, `-F`,
/// `--top-ports`, `--port-ratio`), the kind of TCP scan, `-n` or `-R`, how many probes `-sV` tries,
/// or the flag itself with another value. Scripts and their arguments add up.
pub fn kept_beside(profile: &[String], own: &[String]) -> Result<Vec<String>, Vec<FlagError>> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for given in tokens::read(profile) {
        match given {
            Ok(given) => read.push(given),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    // What is wrong with the request's own flags is told when all are read.
    let own: Vec<Given> = tokens::read(own).filter_map(Result::ok).collect();
    let is_replaced = |given: &Given| {
        let subject = subject(given.row.name);
        subject.is_some() && own.iter().any(|own| self::subject(own.row.name) == subject)
    };
    Ok(read.iter().filter(|given| !is_replaced(given)).flat_map(written).collect())
}

/// Returns what a flag is about, where two of these cannot stand side by side.
fn subject(name: &'static str) -> Option<&'static str> {
    Some(match name {
        "-p" | "-F" | "--top-ports" | "--port-ratio" => "ports",
        "-sS" | "-sT" | "-sA" | "-sW" | "-sM" | "-sN" | "-sF" | "-sX" => "tcp",
        "-n" | "-R" => "names",
        "-T" | "--timing" => "template",
        "--version-intensity" | "--version-light" | "--version-all" => "intensity",
        "--max-parallelism" | "-M" => "parallelism",
        "-PA" | "-PT" | "-PB" => "ack",
        "-f" | "--ff" | "--mtu" => "fragments",
        "-g" | "--source-port" => "source port",
        "--script" | "--script-args" => return None,
        name => name,
    })
}

fn written(given: &Given) -> Vec<String> {
    let Given { row: Row { name, arity, .. }, value, .. } = given;
    match arity {
        Arity::Apart => vec![(*name).to_owned(), value.clone()],
        _ if value.is_empty() => vec![(*name).to_owned()],
        _ if name.starts_with("--") => vec![format!("{name}={value}")],
        _ => vec![format!("{name}{value}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn list(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_requests_flag_takes_the_place_of_the_profiles() {
        for (profile, own, kept) in [
            ("-sS -p- -T4", "", "-sS -p- -T4"),
            ("-sSV -p 1-1024 -T4", "-p 80", "-sS -sV -T4"),
            ("-sS -F", "--top-ports 10", "-sS"),
            ("-sS -n -T4", "-sT -R -T3", ""),
            ("-sV --version-light --max-retries 2", "--version-all", "-sV --max-retries=2"),
            ("--script safe --max-retries=1", "--script=banner --max-retries 3", "--script=safe"),
            ("-PS22 -PE", "-PS80", "-PE"),
            ("-e lo -sn", "-e eth0", "-sn"),
            ("-sV", "-sV", ""),
            ("-p -1024", "-sV", "-p-1024"),
        ] {
            assert_eq!(kept_beside(&list(profile), &list(own)).unwrap(), list(kept), "{profile}");
        }
    }

    #[test]
    fn what_is_kept_means_what_was_written() {
        for line in
            ["-sSUV -p U:53,T:-100 -T4 -PS -PU53 --script=banner,default", "-e lo -v2 -A -g 53"]
        {
            let kept = kept_beside(&list(line), &[]).unwrap();
            let (was, is) = (Options::parse(&list(line)), Options::parse(&kept));
            assert_eq!(is.unwrap().options, was.unwrap().options, "{line}");
        }
    }

    #[test]
    fn a_profile_with_a_flag_that_is_none_says_so() {
        let errors = kept_beside(&list("-sV --no-such"), &[]).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains("--no-such"), "{errors:?}");
    }
}

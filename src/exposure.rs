//! Where a server may be reached from, and what that takes.

use crate::cli::{Auth, ServeArgs};

/// Refuses a server that strangers could reach without TLS, or without saying who they are.
pub fn check(args: &ServeArgs) -> Result<(), String> {
    let listen = args.listen;
    let beyond = !listen.ip().to_canonical().is_loopback();
    let has_tls = args.tls_cert.is_some();
    if args.auth == Auth::None && beyond {
        return Err(format!(
            "`--auth none` lets everybody in who can reach the server, and {} is not a loopback \
             address: leave `--auth none` out, or listen on 127.0.0.1 or ::1",
            listen.ip()
        ));
    }
    if args.auth == Auth::None && args.behind_tls_proxy {
        return Err("`--auth none` lets everybody in who can reach the proxy: leave it out".into());
    }
    if beyond && !has_tls && !args.behind_tls_proxy {
        return Err(format!(
            "{} is not a loopback address, and tokens would go to it in the clear: give --tls-cert \
             and --tls-key, or --behind-tls-proxy if a proxy speaks TLS, or listen on 127.0.0.1 \
             and reach it through SSH",
            listen.ip()
        ));
    }
    Ok(())
}

/// Returns where browsers find the server, of which it is known which port it has.
pub fn address(args: &ServeArgs, port: u16) -> String {
    let ip = args.listen.ip();
    let scheme = if args.tls_cert.is_some() || args.behind_tls_proxy { "https" } else { "http" };
    let host = match args.host.first() {
        Some(name) if scheme == "https" => name.clone(),
        _ if ip.is_unspecified() => "localhost".to_owned(),
        _ if ip.is_ipv6() => format!("[{ip}]"),
        _ => ip.to_string(),
    };
    // A proxy has the port of its scheme.
    if args.behind_tls_proxy {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Args, Command};
    use clap::Parser;

    fn args(line: &str) -> ServeArgs {
        let line = format!("netscan serve {line}");
        match Args::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Serve(serve) => serve,
            _ => panic!("{line}"),
        }
    }

    const TLS: &str = "--tls-cert c --tls-key k";
    const PROXY: &str = "--behind-tls-proxy --host scans.example";

    #[test]
    fn beyond_loopback_it_takes_tls_and_rights() {
        for (line, says) in [
            ("", None),
            ("--listen [::1]:80", None),
            ("--auth none", None),
            (TLS, None),
            (PROXY, None),
            ("--auth none --tls-cert c --tls-key k", None),
            ("--listen 0.0.0.0:80 --tls-cert c --tls-key k", None),
            ("--listen 192.0.2.1:80 --behind-tls-proxy --host x", None),
            ("--listen 0.0.0.0:80", Some("--tls-cert")),
            ("--listen [::]:80", Some("--tls-cert")),
            ("--listen 192.0.2.1:80", Some("--tls-cert")),
            ("--listen 192.0.2.1:80 --auth none", Some("--auth none")),
            ("--listen 0.0.0.0:80 --auth none --tls-cert c --tls-key k", Some("--auth none")),
            ("--auth none --behind-tls-proxy --host x", Some("--auth none")),
        ] {
            let refused = check(&args(line)).err();
            assert_eq!(refused.is_some(), says.is_some(), "{line}: {refused:?}");
            assert!(says.is_none_or(|says| refused.unwrap().contains(says)), "{line}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_no_command_line() {
        for line in ["--tls-cert c", "--tls-key k", "--behind-tls-proxy", "--host a:1"] {
            let line = format!("netscan serve {line}");
            assert!(Args::try_parse_from(line.split_whitespace()).is_err(), "{line}");
        }
    }

    #[test]
    fn browsers_are_told_where_to_go() {
        for (line, address_there) in [
            ("", "http://127.0.0.1:1"),
            ("--listen [::1]:0", "http://[::1]:1"),
            ("--host scans.example", "http://127.0.0.1:1"),
            ("--listen 0.0.0.0:0 --tls-cert c --tls-key k", "https://localhost:1"),
            ("--tls-cert c --tls-key k --host scans.example", "https://scans.example:1"),
            (PROXY, "https://scans.example"),
        ] {
            assert_eq!(address(&args(line), 1), address_there, "{line}");
        }
    }
}
